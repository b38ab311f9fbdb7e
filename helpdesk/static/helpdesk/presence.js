// The reader's own presence: the dot at the foot of the rail, and the choices in its menu.
import { ask } from "./net.js";
import { closeMenus } from "./menus.js";
import { complain, toast } from "./toasts.js";

const menu = () => document.getElementById("me");

function show({ state, reason, words }) {
  document.querySelector(".rail .presence")?.setAttribute("data-standing", state);
  for (const item of menu().querySelectorAll("[data-presence-state]")) {
    const isIt = item.dataset.presenceState === state && item.dataset.presenceReason === (reason === "out_of_office" ? "" : reason);
    item.setAttribute("aria-checked", String(isIt));
  }
  const said = words || menu().querySelector('[data-presence-state="online"]').textContent.trim();
  for (const place of document.querySelectorAll("[data-standing-words]")) place.textContent = said;
}

async function set(item) {
  closeMenus();
  try {
    const data = { state: item.dataset.presenceState, reason: item.dataset.presenceReason };
    show(JSON.parse((await ask(menu().dataset.presenceAt, { data })).text));
    toast(item.textContent.trim(), { key: "presence", seconds: 3 });
  } catch (error) {
    complain(error);
  }
}

export function listenForPresence() {
  if (!menu()?.dataset.presenceAt) return;
  document.addEventListener("click", (event) => {
    const item = event.target.closest?.("[data-presence-state]");
    if (item) set(item);
  });
  // Nobody waits for the dot: it is asked for when the page has nothing else to do.
  const look = () => ask(menu().dataset.presenceAt).then((answer) => show(JSON.parse(answer.text)), () => {});
  if ("requestIdleCallback" in window) requestIdleCallback(look, { timeout: 4000 });
  else setTimeout(look, 1500);
}
