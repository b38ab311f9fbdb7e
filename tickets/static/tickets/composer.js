// Writing: nothing typed is ever lost, and a note never looks like an answer.
import { ask, Offline } from "../helpdesk/net.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";
import { forgetDraft, forgetSent, keepDraft, keepSent, readDraft, readSent } from "./drafts.js";
import { Uploads } from "./uploads.js";

const DRAFT_CALM_MS = 300;

/** `crypto.randomUUID` exists only where the page counts as secure. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

class TicketComposer extends HTMLElement {
  connectedCallback() {
    this.thread = this.closest("ticket-thread");
    this.form = this.querySelector("form");
    this.text = this.querySelector("textarea");
    this.cc = this.querySelector("#cc");
    this.problem = this.querySelector(".oops");
    this.then = "waiting_customer";
    this.uploads = new Uploads(this, () => this.keepSoon());
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.addEventListener("click", (event) => this.onClick(event));
    this.text.addEventListener("input", () => { this.grow(); this.keepSoon(); });
    this.cc?.addEventListener("input", () => this.keepSoon());
    this.addEventListener("keydown", (event) => this.onKey(event));
    this.restore();
    this.showMode();
  }

  disconnectedCallback() {
    clearTimeout(this.keeping);
    this.keep();
  }

  get mode() { return this.dataset.mode; }
  get isNote() { return this.mode === "note"; }

  // Keeping

  get content() {
    return { mode: this.mode, body: this.text.value, cc: this.cc?.value ?? "", files: this.uploads.done };
  }

  set content({ mode, body = "", cc = "", files = [] }) {
    if (mode && this.querySelector(`[data-mode="${mode}"]`)) this.dataset.mode = mode;
    this.text.value = body;
    if (this.cc) { this.cc.value = cc; this.showCc(Boolean(cc)); }
    this.uploads.set(files);
    this.showMode();
    this.grow();
  }

  restore() {
    this.recover();
    const draft = readDraft(this.thread.ticket ?? this.thread.dataset.id);
    if (!draft) return;
    this.content = draft;
    this.querySelector(".saved").textContent = say("draft");
  }

  /** A text whose fate nobody heard of returns to the box, unless it stands in the thread. */
  recover() {
    const id = this.thread.dataset.id;
    const sent = readSent(id);
    if (!sent) return;
    forgetSent(id);
    const key = JSON.stringify(sent.content);
    const draft = readDraft(id);
    const isDraft = JSON.stringify(draft) === key;
    if (this.thread.querySelector(`.msg[data-client="${sent.clientId}"]`)) { if (isDraft) forgetDraft(id); return; }
    if (isDraft || !draft) this.lastTry = { key, id: sent.clientId };
    if (!isDraft) keepDraft(id, { ...sent.content, body: [sent.content.body, draft?.body].filter(Boolean).join("\n\n") });
    this.explain(say("unconfirmed"), say("not_sent"));
  }

  keepSoon() {
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keep(), DRAFT_CALM_MS);
  }

  keep() {
    const { body, cc, files } = this.content;
    const id = this.thread.dataset.id;
    if (body.trim() || cc.trim() || files.length) keepDraft(id, this.content);
    else { forgetDraft(id); this.querySelector(".saved").textContent = ""; }
  }

  // Mode and size

  setMode(mode) {
    this.dataset.mode = mode;
    this.showMode();
    this.text.focus();
    this.keepSoon();
  }

  showMode() {
    for (const tab of this.querySelectorAll('[role="tab"]')) {
      const isOn = tab.dataset.mode === this.mode;
      tab.setAttribute("aria-selected", String(isOn));
      tab.tabIndex = isOn ? 0 : -1;
      if (isOn) this.querySelector('[role="tabpanel"]').setAttribute("aria-labelledby", tab.id);
    }
    this.text.setAttribute("aria-label", say(`box.${this.mode}`));
    this.text.placeholder = say(`hint.${this.mode}`);
    this.querySelector('[type="submit"] span').textContent = say(`send.${this.isNote ? "note" : this.then}`);
    const ways = this.querySelector("[data-ways]");
    if (ways) ways.hidden = this.isNote;
    for (const item of this.querySelectorAll("[data-then]")) item.setAttribute("aria-checked", String(item.dataset.then === this.then));
  }

  showCc(isShown) {
    this.querySelector(".to.cc").hidden = !isShown;
    this.querySelector("[data-cc]").hidden = isShown;
  }

  /** For browsers without `field-sizing`. */
  grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }

  // Hands

  onClick(event) {
    const control = event.target.closest("button");
    if (!control) return;
    if (control.matches('[role="tab"]')) this.setMode(control.dataset.mode);
    else if ("cc" in control.dataset) { this.showCc(true); this.cc.focus(); }
    else if (control.dataset.then) this.choose(control);
    else if ("quote" in control.dataset) this.quote();
    else if ("anyway" in control.dataset) this.send({ anyway: true });
    else if ("readIt" in control.dataset) this.thread.toEnd();
  }

  choose(item) {
    this.then = item.dataset.then;
    this.querySelector("#send-menu").hidePopover();
    this.showMode();
    this.text.focus();
  }

  onKey(event) {
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.key === "Enter" && !event.isComposing) { event.preventDefault(); this.send(); }
    else if (isCommand && event.shiftKey && event.key.toLowerCase() === "a") { event.preventDefault(); this.uploads.choose(); }
  }

  /** Quote what the customer said last, to answer point by point. */
  quote() {
    const last = [...this.thread.querySelectorAll('.msg[data-from="customer"] .text')].at(-1);
    if (!last) return;
    const quoted = last.innerText.trim().split("\n").map((line) => `> ${line}`).join("\n");
    this.text.setRangeText(`${quoted}\n\n`, this.text.selectionStart, this.text.selectionEnd, "end");
    this.text.focus();
    this.grow();
    this.keepSoon();
  }

  // Sending

  async send({ anyway = false } = {}) {
    if (this.uploads.isBusy) { toast(say("uploading"), { key: "uploading" }); return; }
    const content = this.content;
    if (!content.body.trim()) { this.text.focus(); if (content.files.length) this.explain(say("refused.empty_message")); return; }
    this.explain("");
    const clientId = this.clientIdFor(content);
    const seen = anyway ? this.thread.head : this.thread.seen;     // before our own line moves the window
    const pending = this.thread.addPending({ clientId, body: content.body, isNote: content.mode === "note", files: content.files });
    const ticket = this.thread.dataset.id;
    keepSent(ticket, content, clientId);
    this.content = { mode: content.mode };
    this.keep();
    try {
      const answer = await ask(content.mode === "note" ? this.dataset.note : this.dataset.reply, { data: this.dataOf(content, clientId, seen) });
      this.lastTry = null;
      forgetSent(ticket);
      if (this.thread.isConnected) { this.thread.apply(answer.text); this.confirm(content, clientId); }
    } catch (error) {
      pending.remove();
      if (!(error instanceof Offline)) forgetSent(ticket);
      this.giveBack(content);
      this.explainRefusal(error);
    }
  }

  /** The same text tried again is the same message: the server keeps it only once. */
  clientIdFor(content) {
    const key = JSON.stringify(content);
    if (this.lastTry?.key !== key) this.lastTry = { key, id: newId() };
    return this.lastTry.id;
  }

  dataOf(content, clientId, seen) {
    const isNote = content.mode === "note";
    return {
      body: content.body,
      client_id: clientId,
      attachments: content.files.map((file) => file.id),
      after: this.thread.head,
      ...(isNote ? {} : { cc: content.cc, seen_seq: seen, status: this.then }),
    };
  }

  confirm(content, clientId) {
    if (content.mode === "note") { toast(say("note_added"), { key: "sent", seconds: 3 }); return; }
    const message = this.thread.messageOf(clientId);
    const undo = message?.querySelector("[data-withdraw]");
    const leaves = message?.querySelector("[data-leaves]")?.dataset.leaves;
    if (!undo || !leaves) return;
    const seconds = Math.max(1, (new Date(leaves) - Date.now()) / 1000);
    toast(say("sending"), { key: "sent", seconds, undo: () => this.takeBack(message, undo.dataset.withdraw, content) });
  }

  /** Undo: the answer stays here and its text returns to the box. */
  async takeBack(message, url, content = null) {
    const thread = this.thread;
    const kept = content ?? { mode: "reply", body: message.querySelector(".text").innerText.trim(), files: [] };
    document.querySelector('.toasts [data-key="sent"]')?.remove();
    try {
      const answer = await ask(url, { data: { after: thread.head } });
      if (thread.isConnected) thread.apply(answer.text);
      else keepDraft(thread.dataset.id, kept);
      if (!this.isConnected) return;
      this.giveBack(kept);
      this.text.focus();
      toast(say("undone"), { key: "undone", seconds: 4 });
    } catch (error) {
      complain(error);
    }
  }

  /** Put a text back without losing what was written since. */
  giveBack(content) {
    const { body: written, files } = this.content;
    const body = written.trim() ? `${content.body}\n\n${written}` : content.body;
    this.content = { ...content, body, files: [...(content.files ?? []), ...files] };
    this.keep();
    if (!this.isConnected) keepDraft(this.thread.dataset.id, content);
  }

  explainRefusal(error) {
    if (!this.isConnected) { complain(error); return; }
    if (error.code === "unseen_messages") { this.explainUnseen(error.problem.unseen ?? []); return; }
    this.explain(`${error.message} ${say("kept")}`, say("not_sent"));
  }

  async explainUnseen(unseen) {
    await this.thread.refresh();
    const names = [...new Set(unseen.map((message) => message.author).filter(Boolean))].join(", ");
    this.explain(`${say("unseen_one", { name: names })} ${say("kept")} `, say("not_sent"));
    this.problem.querySelector(".why").append(
      linkButton(say("read_it"), "readIt"), linkButton(say("send_anyway"), "anyway"),
    );
  }

  explain(words, title = "") {
    this.problem.hidden = !words;
    const strong = Object.assign(document.createElement("b"), { textContent: title });
    this.problem.querySelector(".why").replaceChildren(...(title ? [strong, " "] : []), words);
  }
}

function linkButton(words, name) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: words });
  button.dataset[name] = "";
  return button;
}

customElements.define("ticket-composer", TicketComposer);
