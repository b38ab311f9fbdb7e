// Why the open ticket came to whom it came. Empty where people gave it.
import { ask } from "../helpdesk/net.js";

const CALM_MS = 300;

class RoutingPanel extends HTMLElement {
  connectedCallback() {
    this.onChange = () => this.look();
    document.addEventListener("ticket:changed", this.onChange);
    this.timer = setTimeout(this.onChange, CALM_MS);      // first the ticket itself
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    document.removeEventListener("ticket:changed", this.onChange);
  }

  async look() {
    try {
      const { text } = await ask(this.dataset.src);
      if (this.isConnected && !this.contains(document.activeElement) && text !== this.shown) {
        this.innerHTML = this.shown = text;
      }
    } catch { /* the ticket is of use without it */ }
  }
}

customElements.define("routing-panel", RoutingPanel);
