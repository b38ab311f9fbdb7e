// The bell: how much is new, and what.
import { ask } from "./net.js";
import { complain } from "./toasts.js";
import { watch } from "./live.js";

const CALM_MS = 250;
const bell = document.getElementById("bell");
let waiting = 0;

async function count() {
  try {
    const { unread } = JSON.parse((await ask(bell.dataset.count)).text);
    const shown = bell.querySelector(".badge");
    shown.textContent = unread > 99 ? "99+" : String(unread);
    shown.hidden = unread === 0;
    bell.querySelector(".vh").textContent = unread ? ` (${unread})` : "";
  } catch { /* asked again with the next sign of life */ }
}

async function fill() {
  const box = document.querySelector("#news-menu:popover-open [data-news-list], .desk-main [data-news-list]");
  if (!box) return;
  try { box.innerHTML = (await ask(bell.dataset.list)).text; } catch (error) { complain(error); }
  keepInside(box.closest(".menu"));
}

/** What was filled in may reach below the window. */
function keepInside(menu) {
  if (!menu) return;
  const lowest = innerHeight - menu.offsetHeight - 8;
  if (menu.offsetTop > lowest) menu.style.top = `${Math.max(8, lowest)}px`;
}

function onNews() {
  clearTimeout(waiting);
  waiting = setTimeout(() => { count(); fill(); }, CALM_MS);
}

async function mark(data) {
  try {
    await ask(bell.dataset.read, { data });
    await Promise.all([count(), fill()]);
  } catch (error) {
    complain(error);
  }
}

if (bell) {
  watch("me", onNews);
  count();
  document.addEventListener("toggle", (event) => { if (event.target.id === "news-menu" && event.newState === "open") fill(); }, true);
  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("[data-news-mark], [data-news], [data-news-all]");
    if (!control) return;
    if ("newsAll" in control.dataset) mark({});
    else if (control.dataset.newsMark) mark({ id: control.dataset.newsMark, value: control.dataset.value });
    else ask(bell.dataset.read, { data: { id: control.dataset.news } }).catch(() => {});
  });
}
