// The sheet of shortcuts, put together from the page whenever it is opened.
import { drawKeys, offers } from "./controls.js";

const SHEET = "shortcuts";

function fill(sheet) {
  for (const row of sheet.querySelectorAll("[data-drawn]")) row.remove();
  for (const row of sheet.querySelectorAll("[data-when]")) row.hidden = !document.querySelector(row.dataset.when);
  const known = new Set();
  for (const { name, place, keys } of offers()) {
    const list = sheet.querySelector(`[data-place="${place}"] dl`);
    if (!keys || known.has(`${place} ${keys}`)) continue;
    known.add(`${place} ${keys}`);
    const row = document.createElement("div");
    row.dataset.drawn = "";
    const term = Object.assign(document.createElement("dt"), { textContent: name });
    const value = document.createElement("dd");
    value.append(...drawKeys(keys));
    row.append(term, value);
    list.append(row);
  }
  for (const part of sheet.querySelectorAll("[data-place]")) part.hidden = !part.querySelector("dl > :not([hidden])");
}

export function listenForShortcutSheet() {
  document.addEventListener("click", (event) => {
    if (event.target.closest?.(`[data-opens="${SHEET}"]`)) fill(document.getElementById(SHEET));
  }, true);
}
