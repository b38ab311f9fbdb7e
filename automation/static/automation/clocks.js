// The promises to the open ticket: how they stand, and why.
import { ask } from "../helpdesk/net.js";

const CALM_MS = 300;
// What follows an event is folded in a moment of its own.
const FOLDED_MS = 1200;

class TicketClocks extends HTMLElement {
  connectedCallback() {
    this.onChange = () => {
      this.look();
      clearTimeout(this.again);
      this.again = setTimeout(() => this.look(), FOLDED_MS);
    };
    document.addEventListener("ticket:changed", this.onChange);
    this.timer = setTimeout(() => this.look(), CALM_MS);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    clearTimeout(this.again);
    document.removeEventListener("ticket:changed", this.onChange);
  }

  async look() {
    try {
      this.show((await ask(this.dataset.src)).text);
    } catch { /* the ticket is of use without it */ }
  }

  show(html) {
    if (!this.isConnected || this.contains(document.activeElement)) return;
    const open = this.openOnes();
    this.innerHTML = html;
    this.querySelectorAll("details.clock-why").forEach((one, n) => { one.open = open.has(n); });
  }

  openOnes() {
    const all = [...this.querySelectorAll("details.clock-why")];
    return new Set(all.flatMap((one, n) => (one.open ? [n] : [])));
  }
}

customElements.define("ticket-clocks", TicketClocks);
