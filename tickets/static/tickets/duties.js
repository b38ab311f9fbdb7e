// Spam, blocking, suggestions and removal: decisions on a ticket that answer with what changed.
import { ask } from "../helpdesk/net.js";
import { closeMenus } from "../helpdesk/menus.js";
import { complain, toast } from "../helpdesk/toasts.js";

const thread = () => document.getElementById("thread");

async function decide(url, value, { done = "", undo = "" } = {}) {
  const open = thread();
  closeMenus();
  try {
    const answer = await ask(url, { data: { value, after: open.head } });
    if (open.isConnected) open.apply(answer.text);
    if (done) toast(done, { key: "duty", undo: undo ? () => decide(url, undo) : null });
  } catch (error) {
    complain(error);
  }
}

function askWhy(control) {
  const dialog = document.getElementById("remove-message");
  closeMenus();
  const form = dialog.querySelector("form");
  form.reset();
  form.dataset.url = control.dataset.remove;
  dialog.showModal();
  form.elements.reason.focus();
}

async function remove(form) {
  const open = thread();
  const { how, reason } = Object.fromEntries(new FormData(form));
  try {
    open.apply((await ask(form.dataset.url, { data: { how, reason, after: open.head } })).text);
    form.closest("dialog").close();
  } catch (error) {
    complain(error);
  }
}

document.addEventListener("click", (event) => {
  const control = event.target.closest?.("[data-duty], [data-remove]");
  if (!control) return;
  if (control.dataset.remove) askWhy(control);
  else decide(control.dataset.duty, control.dataset.value ?? "", control.dataset);
});

document.addEventListener("submit", (event) => {
  if (!event.target.closest("#remove-message")) return;
  event.preventDefault();
  remove(event.target);
});
