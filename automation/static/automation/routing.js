// Why the open ticket came to whom it came. Empty where people gave it.
import { ask } from "../helpdesk/net.js";
import { complain } from "../helpdesk/toasts.js";

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

// What triage guessed: taken or refused in one click.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-guess]");
  if (!button || button.disabled) return;
  button.disabled = true;
  const panel = button.closest("routing-panel");
  try {
    await ask(button.dataset.guess, { data: { do: button.dataset.do } });
    button.blur();
    await panel?.look();
  } catch (error) {
    button.disabled = false;
    complain(error);
  }
});
