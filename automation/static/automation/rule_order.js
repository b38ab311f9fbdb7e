// The order of rules by dragging; the arrows beside them do the same without a mouse.
import { ask } from "../helpdesk/net.js";
import { complain } from "../helpdesk/toasts.js";

const list = document.querySelector("[data-order]");
let dragged = null;

list.addEventListener("dragstart", (event) => {
  dragged = event.target.closest("li[data-id]");
  event.dataTransfer.effectAllowed = "move";
  dragged?.classList.add("is-dragged");
});

list.addEventListener("dragover", (event) => {
  const over = event.target.closest("li[data-id]");
  if (!dragged || !over) return;
  event.preventDefault();
  if (over === dragged) return;
  const box = over.getBoundingClientRect();
  over[event.clientY > box.top + box.height / 2 ? "after" : "before"](dragged);
});

list.addEventListener("dragend", async () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
  const ids = [...list.querySelectorAll("li[data-id]")].map((row) => row.dataset.id);
  try {
    await ask(list.dataset.order, { data: { ids } });
  } catch (error) {
    complain(error);
  }
});
