// The agent's copilot beside a ticket: asked for on demand, worked out elsewhere, taken or left.
import { ask } from "../helpdesk/net.js";

const FIRST_LOOK_MS = 250;
const LOOK_MS = 600;
const PATIENCE_MS = 45_000;
const FOLD = "fold:copilot";      // as the other sections beside a ticket are remembered

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

class CopilotPanel extends HTMLElement {
  connectedCallback() {
    this.turn = 0;
    this.addEventListener("click", (event) => this.clicked(event));
    this.onKey = (event) => this.pressed(event);
    document.addEventListener("keydown", this.onKey);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
  }

  /** Once for each ticket: what was made stays while the ticket changes. */
  fill(template) {
    if (this.childElementCount) return;
    this.append(template.content.cloneNode(true));
    const section = this.querySelector("details");
    const kept = localStorage.getItem(FOLD);
    if (section && kept) section.open = kept === "open";
  }

  get said() { return this.querySelector(".copilot-said"); }
  get composer() { return document.querySelector("ticket-composer"); }
  get field() { return this.composer?.querySelector("textarea[name=body]"); }

  clicked(event) {
    const control = event.target.closest("button");
    if (!control) return;
    const { kind, insert, replace, hide } = control.dataset;
    if (kind) this.request(control);
    else if (insert !== undefined) this.put(control, insert, false);
    else if (replace !== undefined) this.put(control, replace, true);
    else if (hide) this.hide(hide);
  }

  /** Alt 0 inserts what is suggested, or asks for it. */
  pressed(event) {
    if (event.code !== "Digit0" || !event.altKey || event.ctrlKey || event.metaKey) return;
    const control = this.querySelector("[data-insert]") ?? this.querySelector('[data-kind="suggestion"]');
    if (!control) return;
    event.preventDefault();
    control.closest("details[data-fold]").open = true;
    control.click();
  }

  async request(control) {
    const { kind, of: what, tone = "" } = control.dataset;
    const data = { kind, tone };
    if (what === "message") data.message = this.messageMeant();
    if (what === "draft") data.text = this.field?.value.trim() ?? "";
    if (what && !(data.message || data.text)) return this.tell(this.said.dataset.empty);
    const turn = ++this.turn;
    this.tell(this.said.dataset.waits);
    try {
      await this.follow((await ask(this.said.dataset.ask, { data })).text, turn);
    } catch (error) {
      if (turn === this.turn) this.tell(error.message, true);
    }
  }

  /** Looked at again until it is there. */
  async follow(html, turn) {
    const until = Date.now() + PATIENCE_MS;
    for (let wait = FIRST_LOOK_MS; ; wait = LOOK_MS) {
      if (turn !== this.turn || !this.isConnected) return;
      this.said.innerHTML = html;
      const again = this.said.querySelector("[data-again]")?.dataset.again;
      if (!again) return;
      if (Date.now() > until) { this.tell(this.said.dataset.late, true); return; }
      await pause(wait);
      if (turn === this.turn && this.isConnected) html = (await ask(again)).text;
    }
  }

  tell(words, isWrong = false) {
    const line = document.createElement("p");
    line.className = isWrong ? "oops" : "quiet";
    line.textContent = words;
    this.said.replaceChildren(line);
  }

  /** The one in which something is selected, else the customer's last. */
  messageMeant() {
    const theirs = [...document.querySelectorAll('ticket-thread .msg[data-from="customer"]:not([data-others])')];
    const { anchorNode, isCollapsed } = document.getSelection();
    const chosen = isCollapsed ? null : theirs.find((one) => one.contains(anchorNode));
    return (chosen ?? theirs.at(-1))?.id.replace(/^m-/, "") ?? "";
  }

  put(control, words, isWhole) {
    const { field, composer } = this;
    if (!field) return;
    // What only agents may know is put into a note, never into an answer.
    if ("internal" in control.dataset && composer.dataset.mode !== "note") composer.setMode("note");
    field.focus();
    if (isWhole) field.select();
    if (!document.execCommand("insertText", false, words)) {      // the browser's own undo takes it back
      field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    ask(control.dataset.used, { data: {} }).catch(() => {});
  }

  async hide(hidden) {
    try {
      await ask(this.dataset.hideUrl, { data: { hidden } });
      this.replaceChildren();
      document.querySelector("bot-panel")?.look();
    } catch (error) { if (this.said) this.tell(error.message, true); }
  }
}

customElements.define("copilot-panel", CopilotPanel);
