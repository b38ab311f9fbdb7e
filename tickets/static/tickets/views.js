// Saved views: their numbers, the sheet in which they are built, and what is done with them.
import { ask, parse } from "../helpdesk/net.js";
import { closeMenus } from "../helpdesk/menus.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";
import { watch } from "../helpdesk/live.js";
import { FilterBuilder } from "./filter_builder.js";

const COUNT_EVERY_MS = 10_000;
const THINK_MS = 300;
let countedAt = 0;
let counting = 0;
let numbers = {};

// Numbers: asked for by themselves and seldom, so that a list never waits for them

function countSoon() {
  clearTimeout(counting);
  counting = setTimeout(count, Math.max(0, COUNT_EVERY_MS - (Date.now() - countedAt)));
}

async function count() {
  const views = document.getElementById("views");
  if (!views?.querySelector('[data-count^="saved-"]')) return;
  if (document.hidden) { document.addEventListener("visibilitychange", countSoon, { once: true }); return; }
  countedAt = Date.now();
  try { numbers = JSON.parse((await ask(views.dataset.counts)).text); } catch { return; }      // the next signal asks again
  showCounts();
}

function showCounts() {
  for (const [view, n] of Object.entries(numbers)) {
    for (const shown of document.querySelectorAll(`[data-count="${CSS.escape(view)}"]`)) shown.textContent = n;
  }
}

/** The column was drawn anew: what is known is shown at once, what is not is asked for. */
function onDrawn() {
  showCounts();
  const unknown = [...document.querySelectorAll('#views [data-count^="saved-"]')].some((shown) => !(shown.dataset.count in numbers));
  if (unknown) { countedAt = 0; countSoon(); }
}

// The sheet

async function openSheet(url) {
  closeMenus();
  try {
    const parts = parse((await ask(url)).text);
    document.getElementById("view-sheet")?.remove();
    document.body.append(parts);
  } catch (error) { complain(error); return; }
  const sheet = document.getElementById("view-sheet");
  const form = sheet.querySelector("form");
  let soon = 0;
  const changed = () => { clearTimeout(soon); soon = setTimeout(() => peek(form, builder), THINK_MS); };
  const builder = new FilterBuilder(form, changed);
  form.elements.sort.addEventListener("change", changed);
  form.addEventListener("submit", (event) => { event.preventDefault(); save(form, builder); });
  sheet.addEventListener("close", () => sheet.remove());
  sheet.showModal();
  form.elements.name.focus();
  peek(form, builder);
}

let peeking = null;

async function peek(form, builder) {
  peeking?.abort();
  if (!builder.isComplete()) { sayProblem(form, builder, null); return; }
  peeking = new AbortController();
  const data = new FormData();
  data.set("filter", JSON.stringify(builder.filter()));
  data.set("sort", form.elements.sort.value);
  const box = form.querySelector("[data-peek]");
  box.setAttribute("aria-busy", "true");
  try {
    const parts = parse((await ask(form.dataset.preview, { data, signal: peeking.signal })).text);
    box.replaceChildren(parts);
    sayProblem(form, builder, null);
  } catch (error) {
    if (error.name === "AbortError") return;
    box.replaceChildren();
    sayProblem(form, builder, error);
  }
  box.removeAttribute("aria-busy");
}

function sayProblem(form, builder, error) {
  const box = form.querySelector("[data-problem]");
  box.hidden = !error;
  box.textContent = error?.problem?.detail || error?.message || "";
  builder.mark(error?.problem?.field);
  if (error?.problem?.field === "name") form.elements.name.focus();
}

async function save(form, builder) {
  const data = new FormData(form);
  data.set("filter", JSON.stringify(builder.filter()));
  const button = form.querySelector("[data-submit]");
  button.disabled = true;
  try {
    const saved = JSON.parse((await ask(form.dataset.url, { data })).text);
    form.closest("dialog").close();
    countedAt = 0;
    numbers = {};
    goTo(saved.url);
    toast(say("view_saved", { name: saved.name }), { key: "view" });
  } catch (error) {
    sayProblem(form, builder, error);
  } finally {
    button.disabled = false;
  }
}

const goTo = (url) => document.dispatchEvent(new CustomEvent("list:go", { detail: { url } }));

// Order and end

async function move(button) {
  closeMenus();
  try {
    await ask(button.dataset.viewMove, { data: { by: button.dataset.by } });
    document.dispatchEvent(new CustomEvent("list:reload"));
  } catch (error) { complain(error); }
}

async function remove(button) {
  closeMenus();
  const name = document.querySelector("#list-title .cut").textContent;
  const { viewDelete, restore } = button.dataset;
  try {
    const { undo } = JSON.parse((await ask(viewDelete, { data: { sure: "yes" } })).text);
    goTo("/tickets/");
    toast(say("view_deleted", { name }), { key: "view", seconds: 10, undo: () => bringBack(restore, undo) });
  } catch (error) { complain(error); }
}

async function bringBack(url, token) {
  try { goTo(JSON.parse((await ask(url, { data: { token } })).text).url); } catch (error) { complain(error); }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-view-editor], [data-view-move], [data-view-delete]");
  if (!button) return;
  if ("viewEditor" in button.dataset) openSheet(button.dataset.viewEditor);
  else if ("viewMove" in button.dataset) move(button);
  else remove(button);
});

export function listenForViews() {
  watch("list", countSoon);
  document.addEventListener("list:drawn", onDrawn);
  count();
}
