// The list renews itself without moving under the reader's hand.
import { ask, parse } from "../helpdesk/net.js";
import { isTyping } from "../helpdesk/hotkeys.js";
import { say } from "../helpdesk/words.js";
import { watch } from "../helpdesk/live.js";
import { offerTick } from "./selection.js";

const CALM_MS = 600;            // several signals in a row are one question
const AT_TOP = 12;
const LOOK_AHEAD = "800px";
const idOf = (row) => row.id;

class TicketList extends HTMLElement {
  connectedCallback() {
    this.rows = this.querySelector("#rows");
    this.pill = this.querySelector(".fresh");
    this.bar = this.querySelector("[data-density]");
    this.pending = null;
    this.restoreDensity();
    this.observeEnd();
    this.stop = [watch("list", () => this.renewSoon())];
    this.on("pointerover", (event) => this.offerHands(event.target.closest(".trow")));
    this.on("focusin", (event) => this.offerHands(event.target.closest(".trow")));
    this.on("pointerleave", () => this.settle());
    this.rows.addEventListener("scroll", () => this.settle(), { passive: true });
    this.pill.addEventListener("click", () => this.settle({ force: true }));
    this.bar?.addEventListener("click", () => this.toggleDensity());
    this.onHotkey = (event) => { if (this.move(event.detail.key)) event.preventDefault(); };
    document.addEventListener("hotkey", this.onHotkey);
    this.stop.push(() => document.removeEventListener("hotkey", this.onHotkey));
    this.onRenew = () => { this.renewedAt = 0; this.renewSoon(); };
    document.addEventListener("list:renew", this.onRenew);
    this.stop.push(() => document.removeEventListener("list:renew", this.onRenew));
    this.sayDrawn();
  }

  /** The ticks, the numbers and whatever else follows the rows. */
  sayDrawn() { document.dispatchEvent(new CustomEvent("list:drawn")); }

  disconnectedCallback() {
    clearTimeout(this.soon);
    this.ends?.disconnect();
    for (const stop of this.stop) stop();
  }

  on(name, listener) { this.addEventListener(name, listener); }

  // Live

  /** The first signal is followed at once; those that come right behind it share one question. */
  renewSoon() {
    clearTimeout(this.soon);
    const wait = Math.max(0, CALM_MS - (Date.now() - (this.renewedAt ?? 0)));
    this.soon = setTimeout(() => this.renew(), wait);
  }

  async renew() {
    if (document.hidden) { document.addEventListener("visibilitychange", () => this.renewSoon(), { once: true }); return; }
    this.renewedAt = Date.now();
    let parts;
    try { parts = parse((await ask(this.dataset.rows)).text); } catch { return; }   // the next signal asks again
    if (!this.isConnected) return;
    this.showCounts(parts);
    const fresh = [...parts.children].filter((row) => row.matches(".trow, .more"));
    if (fresh.length === 0 || this.rows.hidden) {
      if (fresh.length !== this.rows.children.length) document.dispatchEvent(new CustomEvent("list:reload"));
      return;
    }
    this.pending = fresh;
    this.settle();
  }

  showCounts(parts) {
    const block = parts.querySelector('script[type="application/json"]');
    if (!block) return;
    for (const [view, count] of Object.entries(JSON.parse(block.textContent))) {
      for (const shown of document.querySelectorAll(`[data-count="${CSS.escape(view)}"]`)) shown.textContent = count;
    }
  }

  /** Nobody is reading here: at the top, no pointer over it, no menu open from it. */
  isAtRest() {
    const isPointed = matchMedia("(hover: hover)").matches && this.rows.matches(":hover");
    return this.rows.scrollTop <= AT_TOP && !isPointed && !this.querySelector(".menu:popover-open");
  }

  settle({ force = false } = {}) {
    if (!this.pending) return;
    if (force) this.rows.scrollTop = 0;
    if (force || this.isAtRest()) this.replaceRows(); else this.updateInPlace();
  }

  replaceRows() {
    const known = new Map([...this.rows.children].map((row) => [idOf(row), row]));
    const current = this.currentId();
    const focused = document.activeElement?.closest("#rows > .trow")?.id;
    const rows = this.pending.map((row) => this.keepOrTake(row, known.get(row.id)));
    this.noteHeir([...known.keys()], rows.map(idOf), focused, current && `row-${current}`);
    this.rows.replaceChildren(...rows);
    this.pending = null;
    this.announce(0);
    const open = current ? this.rows.querySelector(`#row-${current}`) : null;
    open?.removeAttribute("data-unread");
    open?.querySelector("a").setAttribute("aria-current", "true");
    if (focused) this.linkOf(focused)?.focus({ preventScroll: true });
    this.observeEnd();
    this.sayDrawn();
  }

  /** The reader's place outlives its row: the one below takes it, at the end the one above. */
  noteHeir(before, after, ...places) {
    const left = places.find((id) => id && before.includes(id) && !after.includes(id));
    if (!left) return;
    const at = before.indexOf(left);
    const id = [...before.slice(at + 1), ...before.slice(0, at).reverse()].find((one) => one && after.includes(one));
    this.heir = { left, id };
  }

  /** Where to stand in place of the row, which may be gone. */
  linkOf(id) {
    const now = this.rows.querySelector(`#${CSS.escape(id)} > a`);
    return now ?? (this.heir?.left === id ? this.rows.querySelector(`#${this.heir.id} > a`) : null);
  }

  keepOrTake(row, known) {
    if (!row.id || !known) { if (row.id && known === undefined && this.hasShown) row.dataset.flash = ""; return row; }
    const isSame = known.dataset.seq === row.dataset.seq && known.hasAttribute("data-unread") === row.hasAttribute("data-unread");
    return isSame && !known.hasAttribute("data-gone") ? known : row;
  }

  /** Rows change where they stand; what is new or has moved is only counted. */
  updateInPlace() {
    const known = new Map([...this.rows.children].map((row) => [idOf(row), row]));
    let news = 0;
    for (const row of this.pending) {
      const shown = known.get(row.id);
      if (!row.id) continue;
      if (!shown) { news += 1; continue; }
      if (shown.dataset.seq === row.dataset.seq) continue;
      shown.dataset.seq = row.dataset.seq;
      shown.toggleAttribute("data-unread", row.hasAttribute("data-unread") && row.id !== `row-${this.currentId()}`);
      const link = shown.querySelector("a");
      link.innerHTML = row.querySelector("a").innerHTML;
    }
    this.markGone(known);
    this.announce(news || (this.hasMoved() ? 1 : 0));
  }

  markGone(known) {
    const ids = new Set(this.pending.map(idOf));
    const isWhole = !this.pending.some((row) => row.matches(".more"));
    const last = isWhole ? Infinity : this.pending.length - 1;
    [...known.values()].forEach((row, index) => {
      if (row.id) row.toggleAttribute("data-gone", index < last && !ids.has(row.id));
    });
  }

  hasMoved() {
    const shown = [...this.rows.children].map(idOf).filter(Boolean);
    const wanted = this.pending.map(idOf).filter((id) => id && shown.includes(id));
    return wanted.some((id, index) => shown.filter((s) => wanted.includes(s))[index] !== id);
  }

  announce(count) {
    this.pill.hidden = count === 0;
    const words = count ? say("fresh", { n: count }) : "";
    this.pill.querySelector("span").textContent = words;
    const spoken = this.querySelector("[data-fresh]");
    if (spoken.textContent !== words) spoken.textContent = words;
    this.hasShown = true;
  }

  currentId() { return document.getElementById("thread")?.dataset.id ?? ""; }

  // Scrolling

  observeEnd() {
    this.ends?.disconnect();
    const end = this.rows.querySelector(".more");
    if (!end) return;
    this.ends = new IntersectionObserver((seen) => { if (seen[0].isIntersecting) this.loadMore(end); }, { root: this.rows, rootMargin: LOOK_AHEAD });
    this.ends.observe(end);
  }

  async loadMore(end) {
    this.ends.disconnect();
    try {
      const parts = parse((await ask(`${this.dataset.rows}&after=${encodeURIComponent(end.dataset.after)}`)).text);
      for (const row of parts.querySelectorAll(".trow")) if (document.getElementById(row.id)) row.remove();
      end.replaceWith(...[...parts.children].filter((row) => row.matches(".trow, .more")));
      this.observeEnd();
      this.sayDrawn();
    } catch (error) {
      this.offerRetry(end, error);
    }
  }

  /** Says what happened instead of showing grey rows for ever; what is there stays. */
  offerRetry(end, error) {
    const box = document.getElementById("list-failed").content.firstElementChild.cloneNode(true);
    box.querySelector("p").textContent = error.message;
    const row = document.createElement("li");
    row.append(box);
    box.querySelector("button").addEventListener("click", () => { row.replaceWith(end); this.loadMore(end); });
    end.replaceWith(row);
  }

  // Hands

  offerHands(row) {
    this.offerQuick(row);
    offerTick(row);
  }

  /** The two quick actions exist once and move to the row that is pointed at. */
  offerQuick(row) {
    if (!row || row.querySelector(".quick")) return;
    this.quick ??= document.getElementById("quick").content.firstElementChild.cloneNode(true);
    row.append(this.quick);
  }

  move(key) {
    if (key.startsWith("Arrow")) return moveInViews(key);
    if (!["j", "k", "o", "d"].includes(key) || isTyping()) return false;
    if (key === "d") { this.toggleDensity(); return true; }
    const links = [...this.rows.querySelectorAll(".trow > a")];
    const here = links.findIndex((link) => link.closest(".trow").contains(document.activeElement));
    const current = links.findIndex((link) => link.hasAttribute("aria-current"));
    const at = here >= 0 ? here : current;
    if (key === "o") { links[at]?.click(); return at >= 0; }
    const heir = this.heir ? links.findIndex((link) => link.closest(".trow").id === this.heir.id) : -1;
    const from = at < 0 && heir >= 0 ? heir - (key === "j" ? 1 : 0) : at;      // its row is gone: the next one stands where it stood
    const to = at < 0 && heir < 0 ? 0 : Math.min(links.length - 1, Math.max(0, from + (key === "j" ? 1 : -1)));
    links[to]?.focus({ preventScroll: true });
    links[to]?.scrollIntoView({ block: "nearest" });
    return true;
  }

  /** A saved view may ask for compact rows; otherwise it is as this reader last had it. */
  restoreDensity() { this.showDensity("compact" in this.dataset || localStorage.getItem("density") === "compact"); }

  toggleDensity() {
    const isCompact = this.rows.dataset.density !== "compact";
    localStorage.setItem("density", isCompact ? "compact" : "normal");
    this.showDensity(isCompact);
  }

  showDensity(isCompact) {
    this.rows.dataset.density = isCompact ? "compact" : "normal";
    this.bar?.setAttribute("aria-checked", String(isCompact));
  }
}

function moveInViews(key) {
  const links = [...document.querySelectorAll("#views a[data-view]")];
  const here = links.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (here < 0 || !step) return false;
  links[(here + step + links.length) % links.length].focus();
  return true;
}

customElements.define("ticket-list", TicketList);
