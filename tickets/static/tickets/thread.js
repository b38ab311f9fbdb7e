// One conversation: it grows at its end, remembers how far it was read, and never jumps.
import { ask, isAwaited, Offline, parse, settled } from "../helpdesk/net.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";
import { watch } from "../helpdesk/live.js";
import { listenForLooks } from "./lightbox.js";
import { openForward, sendNow } from "./outgoing.js";
import { Here } from "./presence.js";

const NEAR_END = 48;
const READ_CALM_MS = 700;
const RETRY_MS = 3000;

class TicketThread extends HTMLElement {
  connectedCallback() {
    this.ticket = this.dataset.id;
    this.head = Number(this.dataset.head);
    this.read = Number(this.dataset.read);
    this.seen = this.read;
    this.scroller = this.querySelector(".scroll");
    this.flow = this.querySelector(".flow");
    this.below = this.querySelector(".below");
    this.stop = [watch(`ticket:${this.ticket}`, (seq) => this.refresh(seq))];
    this.scroller.addEventListener("scroll", () => this.onScroll(), { passive: true });
    this.below.addEventListener("click", () => this.toEnd());
    this.addEventListener("click", (event) => this.onClick(event));
    const onVisible = () => this.noteSeen();
    document.addEventListener("visibilitychange", onVisible);
    this.stop.push(() => document.removeEventListener("visibilitychange", onVisible));
    this.here = new Here(this);
    this.followComposer();
    // Once the composer inside has put itself in order, so that the page is laid out once.
    queueMicrotask(() => { if (this.isConnected) this.start(); });
  }

  disconnectedCallback() {
    for (const stop of this.stop) stop();
    this.here.close();
    clearTimeout(this.reading);
    clearTimeout(this.retrying);
    this.sizes?.disconnect();
  }

  start() {
    const fresh = this.querySelector("#new");
    if (fresh) fresh.scrollIntoView({ block: "start" });
    if (!fresh || this.scroller.scrollTop < 1) this.scroller.scrollTop = this.scroller.scrollHeight;
    if (fresh) this.scroller.scrollTop -= 24;
    this.noteSeen();
  }

  followComposer() {
    const composer = this.querySelector(".composer");
    if (!composer) return;
    this.sizes = new ResizeObserver(() => {
      // Read first, then written: the browser lays the page out once.
      const [height, end] = [`${composer.offsetHeight}px`, this.scroller.scrollHeight];
      if (this.isPinned) this.scroller.scrollTop = end;
      this.below.style.setProperty("--h-composer", height);
    });
    for (const part of [composer, this.scroller, this.flow]) this.sizes.observe(part);
  }

  // Following what happens

  async refresh(seq = -1) {
    if (seq !== -1 && seq <= this.head) return;
    clearTimeout(this.retrying);
    if (this.isAsking) { this.askAgain = true; return; }
    this.isAsking = true;
    try {
      this.apply((await ask(`${this.dataset.base}changes/?after=${this.head}`)).text);
    } catch (error) {
      if (error.status === 404) document.dispatchEvent(new CustomEvent("ticket:gone"));
      if (error instanceof Offline) this.retrying = setTimeout(() => this.refresh(), RETRY_MS);      // no signal may follow
    } finally {
      this.isAsking = false;
    }
    if (this.askAgain) { this.askAgain = false; await this.refresh(); }
  }

  /** Show a set of changes, whether it answers our own action or tells of somebody else's. */
  apply(html) {
    if (!this.isConnected) return;
    const changes = parse(html).querySelector("ticket-changes");
    if (!changes) return;
    const wasAtEnd = this.isAtEnd();
    const news = this.placeItems(changes.querySelector("[data-items]").content);
    for (const id of changes.dataset.withdrawn.split(" ").filter(Boolean)) this.replace(document.getElementById(`m-${id}`), null);
    if (isAwaited(this.dataset.base)) this.leaveToLast();
    else this.placeParts(changes.querySelector("[data-parts]").content);
    this.head = Math.max(this.head, Number(changes.dataset.head));
    this.dataset.head = this.head;
    if (wasAtEnd) this.toEnd(); else if (news) this.below.hidden = false;
    this.noteSeen();
    document.dispatchEvent(new CustomEvent("ticket:changed", { detail: { id: this.ticket } }));
    if ("more" in changes.dataset) this.refresh();
  }

  /** What was changed since shows already; the last answer knows of all, and if it is a refusal one asks. */
  async leaveToLast() {
    if (this.isBehind) return;
    this.isBehind = true;
    await settled(this.dataset.base);
    setTimeout(() => { if (this.isBehind && this.isConnected) this.refresh(); });
  }

  placeItems(items) {
    let rule = null;
    let news = 0;
    for (const item of [...items.children]) {
      if (item.matches(".rule")) { rule = item; continue; }
      const shown = document.getElementById(item.id) ?? this.pendingOf(item);
      if (shown) { this.replace(shown, item); rule = null; continue; }
      this.append(item, rule && !this.flow.querySelector(`.rule[data-day="${rule.dataset.day}"]`) ? rule : null);
      rule = null;
      if (item.matches(".msg:not([data-mine])")) { item.dataset.flash = ""; news += 1; }
    }
    return news;
  }

  /** Whoever stood on a control of it stands on the same one afterwards, or in the conversation. */
  replace(shown, item) {
    const focused = shown?.contains(document.activeElement) ? describe(document.activeElement) : "";
    if (item) shown.replaceWith(item); else shown?.remove();
    if (focused) (item?.querySelector(focused) ?? this.scroller).focus({ preventScroll: true });
  }

  pendingOf(item) {
    return item.dataset.client ? this.flow.querySelector(`[data-pending][data-client="${item.dataset.client}"]`) : null;
  }

  /** In order of time: what came from another ticket stands where it was said. */
  append(item, rule = null) {
    let later = [...this.flow.children].find((e) => e.hasAttribute("data-pending") || isLater(e, item));
    const above = later?.previousElementSibling;
    if (above?.matches(".rule[data-day]") && above.dataset.day !== item.dataset.day) later = above;
    if (later) later.before(item); else this.flow.append(item);
    if (rule) item.before(rule);
  }

  /** Head and fields are drawn anew, unless a menu of theirs is open; the focus stays where it was. */
  placeParts(parts) {
    this.isBehind = false;
    for (const part of [...parts.children]) {
      const shown = document.getElementById(part.id);
      if (!shown || shown.querySelector(".menu:popover-open")) continue;
      if (part.matches("details")) part.open = shown.open;
      this.replace(shown, part);
    }
  }

  isAtEnd() { return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR_END; }

  /** Whoever stands at the end stays there while the thread settles; only going up lets go. */
  onScroll() {
    const wentUp = this.scroller.scrollTop < (this.lastTop ?? 0) - 1;
    this.lastTop = this.scroller.scrollTop;
    if (this.isPinned && !wentUp && !this.isAtEnd()) this.scroller.scrollTop = this.scroller.scrollHeight;
    else this.noteSeen();
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.below.hidden = true;
    this.noteSeen();
  }

  /** Seen is what stood in the window of somebody who looked; only that may be answered unasked. */
  noteSeen() {
    this.isPinned = this.isAtEnd();
    if (!this.isPinned || document.hidden) return;
    this.below.hidden = true;
    this.seen = this.head;
    if (this.seen <= this.read) return;
    clearTimeout(this.reading);
    this.reading = setTimeout(() => this.markRead(this.seen), READ_CALM_MS);
  }

  async markRead(seq) {
    this.read = seq;
    try { await ask(`${this.dataset.base}read/`, { data: { seq } }); } catch { this.read = 0; }
    document.getElementById(`row-${this.ticket}`)?.removeAttribute("data-unread");
  }

  // What the composer shows before the server has answered

  addPending({ clientId, body, isNote, files }) {
    const made = document.getElementById("new-message").content.firstElementChild.cloneNode(true);
    made.dataset.client = clientId;
    made.dataset.from = isNote ? "note" : "agent";
    made.querySelector(".kind").hidden = !isNote;
    made.querySelector("footer").hidden = isNote;
    for (const paragraph of body.trim().split(/\n{2,}/)) {
      const p = document.createElement("p");
      paragraph.split("\n").forEach((line, index) => p.append(...(index ? [document.createElement("br"), line] : [line])));
      made.querySelector(".text").append(p);
    }
    this.showPendingFiles(made.querySelector(".files"), files);
    this.flow.append(made);
    this.toEnd();
    return made;
  }

  showPendingFiles(box, files) {
    box.hidden = files.length === 0;
    for (const file of files) box.append(Object.assign(document.createElement("span"), { className: "file", textContent: file.name }));
  }

  messageOf(clientId) { return this.flow.querySelector(`.msg[data-client="${clientId}"]`); }

  // Hands

  onClick(event) {
    const control = event.target.closest("[data-formatted], [data-withdraw], [data-retry], [data-send-now], [data-forward]");
    if (!control) return;
    if (control.dataset.formatted) this.toggleFormatted(control);
    else if (control.dataset.withdraw) this.querySelector("ticket-composer")?.takeBack(control.closest(".msg"), control.dataset.withdraw, null, { drop: "drop" in control.dataset });
    else if (control.dataset.sendNow) sendNow(this, control);
    else if (control.dataset.forward) openForward(this, control);
    else this.retry(control);
  }

  toggleFormatted(button) {
    const body = button.closest(".body");
    const text = body.querySelector(".text");
    const frame = body.querySelector(".formatted");
    const height = text.offsetHeight;
    button.setAttribute("aria-expanded", String(!frame));
    text.hidden = !frame;
    if (frame) { frame.remove(); return; }
    const made = document.createElement("iframe");
    // Its content cannot be measured from here, so the height of the plain text is the guide.
    made.style.height = `${Math.min(innerHeight * 0.7, Math.max(160, height * 1.4 + 60))}px`;
    made.className = "formatted";
    made.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
    made.referrerPolicy = "no-referrer";
    made.title = button.textContent;
    made.src = button.dataset.formatted;
    text.after(made);
  }

  async retry(button) {
    button.disabled = true;
    try {
      this.apply((await ask(button.dataset.retry, { data: { after: this.head } })).text);
      toast(say("sending"), { key: "sending" });
    } catch (error) {
      button.disabled = false;
      complain(error);
    }
  }
}

const isLater = (one, other) => {
  const [a, b] = [Number(one.dataset.at), Number(other.dataset.at)];
  return a > b || (a === b && Number(one.dataset.seq) > Number(other.dataset.seq));
};

/** A selector that finds the same control in the part that takes its place. */
function describe(element) {
  for (const name of ["data-field", "data-hotkey", "data-set", "data-choices", "data-untag", "popovertarget", "data-formatted", "data-send-now", "data-retry"]) {
    if (element.hasAttribute(name)) return `[${name}="${CSS.escape(element.getAttribute(name))}"]`;
  }
  return element.id ? `#${CSS.escape(element.id)}` : "summary";
}

listenForLooks();
customElements.define("ticket-thread", TicketThread);
