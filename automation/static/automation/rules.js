// Rules beside the open ticket: their buttons, and taking back what one did.
import { ask } from "../helpdesk/net.js";
import { complain } from "../helpdesk/toasts.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-rule]");
  if (!button || button.disabled) return;
  button.disabled = true;
  const panel = button.closest("routing-panel");
  try {
    const { text } = await ask(button.dataset.rule, { data: { [button.dataset.name]: button.dataset.value } });
    panel.innerHTML = panel.shown = text;
    panel.querySelector("summary")?.focus();
  } catch (error) {
    button.disabled = false;
    complain(error);
  }
});
