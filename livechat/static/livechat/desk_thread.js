// A chat within its ticket: where the visitor is, what they are typing, how far they have read.
import { listenFrame, watch } from "../helpdesk/live.js";
import { closeMenus } from "../helpdesk/menus.js";
import { ask, parse } from "../helpdesk/net.js";
import { toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";

const CALM_MS = 150;
const TYPING_MS = 6500;      // nobody says that they have stopped

class ChatLine extends HTMLElement {
  connectedCallback() {
    this.ticket = this.dataset.ticket;
    this.thread = this.closest("ticket-thread");
    this.onChange = () => this.loadSoon();
    for (const sign of ["ticket:changed", "chats:acted"]) document.addEventListener(sign, this.onChange);
    this.stop = [
      listenFrame("visitor", (frame) => { if (frame?.ticket === this.ticket) this.take(frame); }),
      watch("chats", this.onChange),
    ];
    this.querySelector("[data-typing-words]").textContent = say("chat.typing");
    this.load();
  }

  disconnectedCallback() {
    for (const sign of ["ticket:changed", "chats:acted"]) document.removeEventListener(sign, this.onChange);
    for (const stop of this.stop) stop();
    for (const timer of [this.calm, this.typing, this.fading]) clearTimeout(timer);
  }

  loadSoon() {
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.load(), CALM_MS);
  }

  async load() {
    if (this.isAsking) { this.askAgain = true; return; }
    this.isAsking = true;
    try {
      const state = parse((await ask(this.dataset.src)).text).querySelector("chat-state");
      if (state && this.isConnected) this.apply(state);
    } catch { /* asked again with the next sign of life */ }
    this.isAsking = false;
    if (this.askAgain) { this.askAgain = false; this.loadSoon(); }
  }

  apply(state) {
    this.put(this.querySelector("[data-note]"), state.querySelector("template[data-note]"));
    this.put(document.getElementById("chat-side"), state.querySelector("template[data-side]"));
    this.isHere = state.dataset.here === "yes";
    if (!this.isHere) this.take({ typing: false, preview: "" });
    this.showMarks({ seen: Number(state.dataset.seen), got: Number(state.dataset.got) });
    this.thread.querySelector("ticket-composer")?.speakBy?.(state.dataset.channel);
  }

  /** Where nothing changed, nothing is drawn: somebody may be selecting words in it. */
  put(place, template) {
    if (!place || place.dataset.drawn === template.innerHTML) return;
    const wasHere = place.contains(document.activeElement);
    place.dataset.drawn = template.innerHTML;
    place.replaceChildren(template.content);
    if (wasHere) this.thread.querySelector("ticket-composer textarea")?.focus({ preventScroll: true });
  }

  // What passes

  take({ typing, preview, seen, got, here }) {
    if (typing !== undefined) this.showTyping(typing);
    if (preview !== undefined) this.showPreview(preview);
    if (seen !== undefined || got !== undefined) this.showMarks({ seen: seen ?? this.marks.seen, got: got ?? this.marks.got });
    if (here !== undefined && here !== this.isHere) { this.isHere = here; this.loadSoon(); }
  }

  showTyping(isTyping) {
    clearTimeout(this.typing);
    this.querySelector("[data-typing]").hidden = !isTyping;
    if (isTyping) this.typing = setTimeout(() => this.showTyping(false), TYPING_MS);
  }

  showPreview(text) {
    clearTimeout(this.fading);
    const box = this.querySelector("[data-preview]");
    box.textContent = text;
    box.hidden = !text.trim();
    if (text) this.fading = setTimeout(() => this.showPreview(""), TYPING_MS);
  }

  /** Under the newest that was read, and under what came after it. */
  showMarks({ seen, got }) {
    this.marks = { seen, got };
    const own = [...this.thread.querySelectorAll('.msg[data-from="agent"][data-by="chat"]:not([data-pending])')];
    const lastRead = own.findLast((message) => Number(message.dataset.seq) <= seen);
    for (const message of own) this.mark(message, Number(message.dataset.seq), { seen, got, lastRead });
  }

  mark(message, seq, { seen, got, lastRead }) {
    const footer = message.querySelector("footer:not(.failed, .later, .late-mail)");
    if (!footer) return;
    const is = seq <= seen ? "read" : seq <= got ? "delivered" : "sent";
    footer.hidden = is === "read" && message !== lastRead;
    if (is === "sent" || footer.dataset.mark === is) return;
    footer.dataset.mark = is;
    footer.replaceChildren(tickMark(is), say(`chat.${is}`));
  }
}

function tickMark(is) {
  const made = document.createElement("span");
  made.className = "ticks";
  made.dataset.is = is;
  made.setAttribute("aria-hidden", "true");
  made.textContent = "✓✓";
  return made;
}

customElements.define("chat-line", ChatLine);

// What is asked before something is done

function open(control) {
  closeMenus();
  const dialog = document.getElementById(control.dataset.chatAsk);
  dialog.dataset.url = control.dataset.url;
  dialog.querySelector("form").reset();
  dialog.querySelector(".oops").hidden = true;
  const takers = dialog.querySelector("[data-takers]");
  if (takers) fillTakers(dialog, takers, control.dataset.people);
  dialog.showModal();
}

async function fillTakers(dialog, select, url) {
  select.replaceChildren();
  try {
    select.replaceChildren(parse((await ask(`${url}?${select.dataset.takers}`)).text));
  } catch (error) {
    explain(dialog, error.message);
  }
}

function explain(dialog, words) {
  const box = dialog.querySelector(".oops");
  box.textContent = words;
  box.hidden = false;
}

async function submit(event) {
  const form = event.target.closest("form[data-chat-form]");
  if (!form) return;
  event.preventDefault();
  const dialog = form.closest("dialog");
  const { resolves, ...data } = Object.fromEntries(new FormData(form));
  const button = form.querySelector("[data-submit]");
  button.disabled = true;
  try {
    await ask(dialog.dataset.url, { data });
    dialog.close();
    toast(say(`chat.${form.dataset.chatForm}`), { key: "chat", seconds: 4 });
    document.dispatchEvent(new CustomEvent("chats:acted"));
    await document.getElementById("thread")?.refresh?.();
    if (resolves) document.querySelector('#thread-head [data-set="status"][data-value="resolved"]')?.click();
  } catch (error) {
    explain(dialog, error.message);
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("click", (event) => {
  const control = event.target.closest?.("[data-chat-ask]");
  if (control) open(control);
});
document.addEventListener("submit", submit);
