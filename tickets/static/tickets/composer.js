// Writing: nothing typed is ever lost, and a note never looks like an answer.
import { newId } from "../helpdesk/ids.js";
import { ask, Offline } from "../helpdesk/net.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";
import { forgetDraft, forgetSent, keepDraft, keepSent, readDraft, readSent } from "./drafts.js";
import { format, KEYS, quoted } from "./format.js";
import { linkButton, showUnseen } from "./guard.js";
import { fetchMacros, openMacros } from "./macros.js";
import { chooseLater } from "./outgoing.js";
import { insertText, pick, triggerOf } from "./picking.js";
import { Recipients } from "./recipients.js";
import { SavedDraft } from "./saved.js";
import { isHeard, sendsByEnter, showChannel, speakBy, switchEnter, usualThen } from "./speaking.js";
import { Uploads } from "./uploads.js";

const DRAFT_CALM_MS = 300;
const MACROS_CALM_MS = 600;

class TicketComposer extends HTMLElement {
  connectedCallback() {
    this.thread = this.closest("ticket-thread");
    this.form = this.querySelector("form");
    this.text = this.querySelector("textarea");
    this.problem = this.querySelector(".oops");
    this.unseen = this.querySelector(".unseen");
    this.then = usualThen(this);
    this.mentions = new Map();      // name → whom it means
    this.recipients = new Recipients(this, () => this.keepSoon());
    this.uploads = new Uploads(this, () => this.keepSoon());
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.addEventListener("click", (event) => this.onClick(event));
    this.text.addEventListener("input", () => { this.isTouched = true; this.grow(); this.keepSoon(); if (isHeard(this)) this.thread.here?.typed(); });
    this.text.addEventListener("beforeinput", (event) => this.onSign(event));
    this.addEventListener("keydown", (event) => this.onKey(event));
    this.restore();
    this.showMode();
    this.saved = new SavedDraft(this);
    this.early = setTimeout(() => fetchMacros(this.thread), MACROS_CALM_MS);
    this.text.addEventListener("focus", () => fetchMacros(this.thread));
  }

  disconnectedCallback() {
    clearTimeout(this.keeping);
    clearTimeout(this.early);
    this.keep();
    this.saved.close();
  }

  get mode() { return this.dataset.mode; }
  get isNote() { return this.mode === "note"; }

  // Keeping

  get content() {
    return { mode: this.mode, body: this.text.value, ...this.recipients.values, files: this.uploads.done, mentions: [...this.mentions] };
  }

  set content({ mode, body = "", to, cc, bcc, files = [], mentions = [] }) {
    if (mode && this.querySelector(`[role="tab"][data-mode="${mode}"]`)) this.dataset.mode = mode;
    this.text.value = body;
    this.mentions = new Map(mentions);
    this.recipients.set({ to, cc, bcc });
    this.uploads.set(files);
    this.showMode();
    this.showPreview(false);
    this.grow();
  }

  get isEmpty() { return !this.text.value.trim() && this.uploads.files.length === 0 && this.recipients.isUsual; }

  restore() {
    this.recover();
    const draft = readDraft(this.thread.ticket ?? this.thread.dataset.id);
    if (!draft) return;
    this.content = draft;
    this.basis = draft.version;
    this.wasSaved = Boolean(draft.isSaved);
    this.tell(say("draft"));
  }

  tell(words) { this.querySelector(".saved").textContent = words; }

  /** The server has it: the copy here remembers on which version it rests. */
  noteSaved(version, words) {
    this.basis = version;
    this.savedAs = JSON.stringify(this.content);
    this.tell(words);
    if (!this.isEmpty) keepDraft(this.thread.dataset.id, { ...this.content, version, isSaved: true });
  }

  /** The server had all of it and has it no longer: sent, or gone with a merge. */
  drop() {
    this.content = { mode: this.mode };
    this.savedAs = "";
    forgetDraft(this.thread.dataset.id);
    this.tell("");
  }

  /** A text whose fate nobody heard of returns to the box, unless it stands in the thread. */
  recover() {
    const id = this.thread.dataset.id;
    const sent = readSent(id);
    if (!sent) return;
    forgetSent(id);
    const key = JSON.stringify(sent.content);
    const draft = readDraft(id);
    const isDraft = draft !== null && JSON.stringify({ ...draft, version: undefined, isSaved: undefined }) === key;
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
    const id = this.thread.dataset.id;
    const isSaved = this.savedAs === JSON.stringify(this.content);
    if (!this.isEmpty) keepDraft(id, { ...this.content, version: this.saved?.version, isSaved });
    else { forgetDraft(id); this.tell(""); }
    this.saved?.saveSoon();
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
    showChannel(this);
  }

  speakBy(channel) { speakBy(this, channel); }

  showShare() {
    this.querySelector("[data-share]").setAttribute("aria-pressed", String(Boolean(this.saved?.isShared)));
  }

  async showPreview(isOn) {
    const button = this.querySelector("[data-preview]");
    const box = this.querySelector(".preview");
    button.setAttribute("aria-pressed", String(isOn));
    box.hidden = !isOn;
    this.text.hidden = isOn;
    if (!isOn) return;
    if (!this.text.value.trim()) { box.textContent = say("composer.preview_empty"); return; }
    try {
      box.innerHTML = (await ask(`${this.thread.dataset.base}preview/`, { data: { body: this.text.value } })).text;      // cleaned there
    } catch (error) {
      box.textContent = error.message;
    }
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
    else if ("cc" in control.dataset) this.recipients.show(control.dataset.cc);
    else if (control.dataset.then) this.choose(control);
    else if ("enterSends" in control.dataset) switchEnter(this);
    else if (control.dataset.format) { this.showPreview(false); format(this.text, control.dataset.format); }
    else if ("quote" in control.dataset) this.quote();
    else if ("preview" in control.dataset) this.showPreview(control.getAttribute("aria-pressed") !== "true");
    else if ("formats" in control.dataset) this.toggleFormats(control);
    else if ("macros" in control.dataset) openMacros(this, { anchor: control });
    else if ("emoji" in control.dataset) this.pickEmoji(control);
    else if ("mention" in control.dataset) this.pickMention({ anchor: control });
    else if ("share" in control.dataset) { this.saved.share(control.getAttribute("aria-pressed") !== "true"); this.showShare(); }
    else if ("later" in control.dataset) { this.querySelector("#send-menu").hidePopover(); this.sendLater(); }
    else if ("anyway" in control.dataset) this.send({ anyway: true });
    else if ("edit" in control.dataset) { this.unseen.hidden = true; this.thread.toEnd(); this.text.focus(); }
  }

  toggleFormats(control) {
    const bar = this.querySelector(".format");
    bar.hidden = !bar.hidden;
    control.setAttribute("aria-expanded", String(!bar.hidden));
    if (!bar.hidden) bar.querySelector("button").focus();
  }

  /** A slash at the beginning of a line, or @ at that of a word. */
  onSign(event) {
    const menu = triggerOf(event, this.text);
    if (!menu) return;
    event.preventDefault();
    if (menu === "macros") openMacros(this, { typed: event.data });
    else this.pickMention({ typed: event.data });
  }

  pickEmoji(anchor) {
    pick(this.text, { id: "emoji-menu", url: "/tickets/emoji/", anchor, chosen: (item) => insertText(this.text, item.dataset.insert) });
  }

  pickMention({ anchor, typed = "" }) {
    const chosen = (item) => {
      this.mentions.set(item.dataset.name, item.dataset.mentions);
      insertText(this.text, `@${item.dataset.name} `);
    };
    pick(this.text, { id: "mention-menu", url: "/tickets/people/", anchor, typed, chosen });
  }

  choose(item) {
    this.then = item.dataset.then;
    this.querySelector("#send-menu").hidePopover();
    this.showMode();
    this.text.focus();
  }

  onKey(event) {
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.key === "Enter" && !event.isComposing) { event.preventDefault(); if (event.shiftKey && !this.isNote) this.sendLater(); else this.send(); }
    else if (sendsByEnter(event, this)) { event.preventDefault(); this.send(); }
    else if (isCommand && !event.shiftKey && event.key.toLowerCase() === "z" && event.target === this.text && this.undoLast()) event.preventDefault();
    else if (isCommand && event.shiftKey && event.key.toLowerCase() === "a") { event.preventDefault(); this.uploads.choose(); }
    else if (isCommand && event.shiftKey && event.target === this.text && event.key.toLowerCase() === "u") { event.preventDefault(); format(this.text, "link"); }
    else if (isCommand && !event.shiftKey && !event.altKey && event.target === this.text && KEYS[event.key.toLowerCase()]) { event.preventDefault(); event.stopPropagation(); format(this.text, KEYS[event.key.toLowerCase()]); }
    else if (event.key === "Escape" && !this.unseen.hidden && this.unseen.contains(event.target)) { event.preventDefault(); event.stopPropagation(); this.unseen.querySelector("[data-edit]").click(); }
  }

  sendLater() {
    if (!this.text.value.trim()) { this.text.focus(); return; }
    chooseLater(this, this.querySelector("[data-ways]"), (at) => this.send({ at }));
  }

  /** In a box that nothing was written into since, what was sent last is what there is to undo. */
  undoLast() {
    if (this.text.value || this.isTouched) return false;
    if (this.isSending) { this.isRegretted = true; return true; }
    const undo = document.querySelector('.toasts [data-key="sent"] [data-undo]:not([hidden])');
    undo?.click();
    return Boolean(undo);
  }

  /** Quote what is selected in the thread, else what the customer said last. */
  quote() {
    const selection = document.getSelection();
    const isInThread = !selection.isCollapsed && this.thread.flow.contains(selection.anchorNode);
    const last = [...this.thread.querySelectorAll('.msg[data-from="customer"]:not([data-others]) .text')].at(-1);
    const words = isInThread ? selection.toString() : last?.innerText ?? "";
    if (!words.trim()) return;
    this.showPreview(false);
    insertText(this.text, `${quoted(words)}\n\n`);
  }

  /** A picture that was pasted stands where the cursor was. */
  placePicture(file) {
    insertText(this.text, `![${file.name.replace(/[[\]]/g, "")}](file:${file.id})`);
  }

  // Sending

  async send({ anyway = false, at = "" } = {}) {
    if (this.uploads.isBusy) { toast(say("uploading"), { key: "uploading" }); return; }
    const content = this.content;
    if (!content.body.trim()) { this.text.focus(); if (content.files.length) this.explain(say("refused.empty_message")); return; }
    this.explain("");
    this.unseen.hidden = true;
    const clientId = this.clientIdFor(content);
    const seen = anyway ? this.thread.head : this.thread.seen;     // before our own line moves the window
    const pending = this.thread.addPending({ clientId, body: content.body, isNote: content.mode === "note", files: content.files });
    const ticket = this.thread.dataset.id;
    keepSent(ticket, content, clientId);
    this.content = { mode: content.mode };
    this.isTouched = this.isRegretted = false;
    this.isSending = true;
    this.saved.isHeld = true;
    this.keep();
    this.thread.here?.rest();
    try {
      const answer = await ask(content.mode === "note" ? this.dataset.note : this.dataset.reply, { data: this.dataOf(content, clientId, seen, at) });
      this.lastTry = null;
      forgetSent(ticket);
      this.saved.forget();
      if (this.thread.isConnected) { this.thread.apply(answer.text); this.confirm(content, clientId); }
    } catch (error) {
      pending.remove();
      if (!(error instanceof Offline)) forgetSent(ticket);
      this.giveBack(content);
      this.explainRefusal(error, content);
    } finally {
      this.isSending = this.saved.isHeld = false;
      if (!this.isEmpty) this.saved.saveSoon();
    }
  }

  /** The same text tried again is the same message: the server keeps it only once. */
  clientIdFor(content) {
    const key = JSON.stringify(content);
    if (this.lastTry?.key !== key) this.lastTry = { key, id: newId() };
    return this.lastTry.id;
  }

  dataOf(content, clientId, seen, at) {
    const isNote = content.mode === "note";
    return {
      body: content.body,
      client_id: clientId,
      attachments: content.files.map((file) => file.id),
      after: this.thread.head,
      mentions: content.mentions.filter(([name]) => content.body.includes(`@${name}`)).map(([, whom]) => whom),
      ...(isNote ? {} : { to: content.to, cc: content.cc, bcc: content.bcc, seen_seq: seen, status: this.then, not_before: at }),
    };
  }

  confirm(content, clientId) {
    if (content.mode === "note") { toast(say("note_added"), { key: "sent", seconds: 3 }); return; }
    const message = this.thread.messageOf(clientId);
    const undo = message?.querySelector("[data-withdraw]");
    const leaves = message?.querySelector("[data-leaves]")?.dataset.leaves;
    if (!undo || !leaves) return;
    if (this.isRegretted) { this.takeBack(message, undo.dataset.withdraw, content); return; }
    if (message.querySelector("footer.later")) { toast(message.querySelector("footer .state").textContent, { key: "sent", undo: () => this.takeBack(message, undo.dataset.withdraw, content) }); return; }
    const seconds = Math.max(1, (new Date(leaves) - Date.now()) / 1000);
    toast(say("sending"), { key: "sent", seconds, undo: () => this.takeBack(message, undo.dataset.withdraw, content) });
  }

  /** Undo: the answer stays here and its text returns to the box. */
  async takeBack(message, url, content = null, { drop = false } = {}) {
    const thread = this.thread;
    const kept = content ?? { mode: message.dataset.from === "note" ? "note" : "reply", body: message.dataset.body ?? message.querySelector(".text").innerText.trim(), files: [] };
    document.querySelector('.toasts [data-key="sent"]')?.remove();
    try {
      const answer = await ask(url, { data: { after: thread.head } });
      if (thread.isConnected) thread.apply(answer.text);
      else keepDraft(thread.dataset.id, kept);
      if (!this.isConnected) return;
      if (drop) { toast(say("composer.cancelled"), { key: "undone", seconds: 10, undo: () => this.giveBack(kept) }); return; }
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

  explainRefusal(error, content) {
    if (!this.isConnected) { complain(error); return; }
    if (error.code === "unseen_messages") { this.explainUnseen(error.problem.unseen ?? [], content); return; }
    this.explain(`${error.message} ${say("kept")}`, say("not_sent"));
  }

  async explainUnseen(unseen, content) {
    showUnseen(this.unseen, unseen, content.body);
    await this.thread.refresh();
  }

  /** `ways` out of it: words and what they do. */
  explain(words, title = "", ways = []) {
    this.problem.hidden = !words;
    const strong = Object.assign(document.createElement("b"), { textContent: title });
    const buttons = ways.flatMap(([label, act]) => [" ", linkButton(label, act)]);
    this.problem.querySelector(".why").replaceChildren(...(title ? [strong, " "] : []), words, ...buttons);
  }
}

customElements.define("ticket-composer", TicketComposer);
