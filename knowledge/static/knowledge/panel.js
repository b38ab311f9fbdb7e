// Articles that may help with the open ticket: by what the customer said last, and while somebody writes.
import { ask } from "../helpdesk/net.js";

const CALM_MS = 700;
const PASSING_MS = 1200;
const MOST_WORDS = 1400;

class KnowledgePanel extends HTMLElement {
  connectedCallback() {
    this.asked = "";
    this.onInput = (event) => { if (event.target.matches?.("ticket-composer textarea[name=body]")) this.soon(); };
    this.onChange = () => this.soon();
    document.addEventListener("input", this.onInput);
    document.addEventListener("ticket:changed", this.onChange);
    this.onKey = (event) => this.pressed(event);
    document.addEventListener("keydown", this.onKey);
    this.addEventListener("click", (event) => this.clicked(event));
    this.textContent = this.dataset.waits;
    // Whoever only passes by on the way to the next ticket is looked nothing up for.
    this.soon(PASSING_MS);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    document.removeEventListener("input", this.onInput);
    document.removeEventListener("ticket:changed", this.onChange);
    document.removeEventListener("keydown", this.onKey);
  }

  get composer() { return document.querySelector("ticket-composer"); }

  soon(wait = CALM_MS) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), wait);
  }

  /** What is being written counts first: it is the newest. */
  words() {
    const subject = document.getElementById("subject")?.textContent ?? "";
    const said = [...document.querySelectorAll('ticket-thread .msg[data-from="customer"]:not([data-others]) .text')].at(-1)?.textContent ?? "";
    const written = this.composer?.querySelector("textarea[name=body]")?.value ?? "";
    return [written, subject, said].map((part) => part.trim()).filter(Boolean).join("\n").slice(0, MOST_WORDS);
  }

  async look() {
    const words = this.words();
    if (words === this.asked || !this.isConnected) return;
    this.asked = words;
    try {
      const answer = await ask(this.dataset.src, { data: { words, ticket: this.dataset.ticket, brand: this.dataset.brand } });
      if (this.isConnected && words === this.asked && !this.contains(document.activeElement)) this.innerHTML = answer.text;
    } catch {
      this.textContent = this.dataset.failed;
    }
  }

  clicked(event) {
    const item = event.target.closest("[data-article]");
    if (item && event.target.closest("[data-opened]")) this.count("clicked", item);
    const put = event.target.closest("[data-put]");
    if (put) this.insert(put, item);
  }

  /** Alt and a number insert the link, with Shift the text; where there is no link, the text. */
  pressed(event) {
    const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
    if (!digit || !event.altKey || event.ctrlKey || event.metaKey) return;
    const put = this.querySelector(event.shiftKey ? `[data-alt-shift="${digit}"]` : `[data-alt="${digit}"]`) ?? this.querySelector(`[data-alt-shift="${digit}"]`);
    if (!put) return;
    event.preventDefault();
    this.insert(put, put.closest("[data-article]"));
  }

  insert(put, item) {
    const { composer } = this;
    if (!composer) return;
    // What only agents may know is put into a note, never into an answer.
    if ("internal" in put.dataset && composer.dataset.mode !== "note") composer.setMode("note");
    const field = composer.querySelector("textarea[name=body]");
    field.focus();
    const words = this.spaced(field, put.dataset.put === "link" ? `[${put.dataset.words}](${put.dataset.link})` : put.dataset.words);
    if (!document.execCommand("insertText", false, words)) {      // the browser's own undo takes it back
      field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (item) this.count("inserted", item);      // only articles are counted here
  }

  /** Apart from the word before it; a text stands on lines of its own. */
  spaced(field, words) {
    const before = field.value[field.selectionStart - 1] ?? "\n";
    if (/\s/.test(before)) return words;
    return words.includes("\n") ? `\n${words}` : ` ${words}`;
  }

  count(kind, item) {
    ask(this.dataset.used, { data: { kind, article: item.dataset.article, ticket: this.dataset.ticket } }).catch(() => {});
  }
}

customElements.define("knowledge-panel", KnowledgePanel);
