// What the bot knows of the open ticket: why it handed over, what it would answer.
import { ask } from "../helpdesk/net.js";

const CALM_MS = 300;

class BotPanel extends HTMLElement {
  connectedCallback() {
    this.onChange = () => this.look();
    document.addEventListener("ticket:changed", this.onChange);
    this.addEventListener("click", (event) => this.clicked(event));
    // First the ticket itself is to be on the screen; whoever passes by asks nothing.
    this.timer = setTimeout(this.onChange, CALM_MS);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    document.removeEventListener("ticket:changed", this.onChange);
  }

  async look() {
    try {
      this.show((await ask(this.dataset.src)).text);
    } catch { /* the ticket is of use without it */ }
  }

  show(html) {
    if (!this.isConnected || this.contains(document.activeElement)) return;
    this.innerHTML = html;
    const copilot = this.querySelector("template[data-copilot]");
    if (copilot) document.querySelector("copilot-panel")?.fill(copilot);
  }

  async clicked(event) {
    const put = event.target.closest("[data-put]");
    if (put) this.insert(put.dataset.put);
    const flag = event.target.closest("[data-flag]");
    if (flag) await this.flag(flag);
    const back = event.target.closest("[data-give-back]");
    if (!back) return;
    back.disabled = true;
    try {
      const answer = await ask(back.dataset.giveBack, { data: {} });
      back.blur();
      this.show(answer.text);
    } finally { back.disabled = false; }
  }

  async flag(button) {
    button.disabled = true;
    try {
      await ask(button.dataset.flag, { data: {} });
      button.textContent = button.dataset.done;
    } catch { button.disabled = false; }
  }

  insert(words) {
    const field = document.querySelector("ticket-composer textarea[name=body]");
    if (!field) return;
    field.focus();
    if (!document.execCommand("insertText", false, words)) {      // the browser's own undo takes it back
      field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

customElements.define("bot-panel", BotPanel);
