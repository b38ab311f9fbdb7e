// Many rows at once: ticks that appear where the pointer or the focus is, and the bar of actions.
import { ask } from "../helpdesk/net.js";
import { closeMenus, openMenu } from "../helpdesk/menus.js";
import { isTyping } from "../helpdesk/hotkeys.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";
import { loadChoices } from "./fields.js";

const MOST = 200;
const chosen = new Set();      // ids of tickets; rows come and go under them
let last = "";                 // where a range begins

const list = () => document.getElementById("list");
const bar = () => list()?.querySelector(".bulk");
const mayChange = () => "bulk" in (list()?.dataset ?? {});
const idOf = (row) => row.id.replace("row-", "");
const rows = () => [...document.querySelectorAll("#rows > .trow")];

/** The tick of the row that is pointed at; the others keep theirs only while they are chosen. */
export function offerTick(row) {
  if (!row || !mayChange()) return;
  for (const tick of document.querySelectorAll("#rows .tick")) {
    if (!tick.checked && !row.contains(tick)) tick.remove();
    else tick.removeAttribute("data-hotkey");
  }
  tickOf(row).dataset.hotkey = "x";
}

function tickOf(row) {
  const known = row.querySelector(".tick");
  if (known) return known;
  const tick = Object.assign(document.createElement("input"), { type: "checkbox", className: "tick form-check-input" });
  tick.setAttribute("aria-label", say("select_row", { name: row.querySelector(".name")?.textContent ?? "" }));
  tick.title = `${say("select")} (x)`;
  tick.checked = chosen.has(idOf(row));
  row.append(tick);
  return tick;
}

function choose(row, isOn) {
  const id = idOf(row);
  if (isOn && chosen.size >= MOST && !chosen.has(id)) { toast(say("at_most", { n: MOST }), { key: "bulk-most" }); isOn = false; }
  if (isOn) chosen.add(id); else chosen.delete(id);
  row.toggleAttribute("data-chosen", isOn);
  tickOf(row).checked = isOn;
}

function chooseTo(row, isOn) {
  const all = rows();
  const [from, to] = [all.findIndex((one) => idOf(one) === last), all.indexOf(row)].sort((a, b) => a - b);
  for (const one of from < 0 ? [row] : all.slice(from, to + 1)) choose(one, isOn);
}

function onTick(event) {
  const tick = event.target.closest?.("#rows .tick");
  if (!tick) return;
  const row = tick.closest(".trow");
  if (event.shiftKey) chooseTo(row, tick.checked); else choose(row, tick.checked);
  last = idOf(row);
  show();
}

/** Shift with x, or with the arrows' j and k, takes everything in between. */
function onHotkey(event) {
  if (event.detail.key !== "X" || isTyping()) return;
  const row = document.activeElement?.closest("#rows > .trow") ?? document.querySelector("#rows > .trow:has(> a[aria-current])");
  if (!row || !mayChange()) return;
  chooseTo(row, true);
  last = idOf(row);
  show();
  event.preventDefault();
}

/** The bar comes with the menus it opens, the first time that it is needed. */
async function makeBar() {
  try { await loadChoices(); } catch (error) { complain(error); return null; }
  if (!bar()) list().append(document.getElementById("bulk").content.cloneNode(true));
  const isSpam = list().dataset.view === "spam";
  for (const button of bar().querySelectorAll('[data-bulk="spam"]')) button.hidden = (button.dataset.value === "no") !== isSpam;
  return bar();
}

async function show() {
  if (!chosen.size && !bar()) return;
  const tools = bar() ?? await makeBar();
  if (!tools) return;
  const isShown = chosen.size > 0;
  tools.hidden = !isShown;
  list().toggleAttribute("data-choosing", isShown);
  const text = say("chosen", { n: chosen.size });
  const count = tools.querySelector("[data-bulk-count]");
  if (count.textContent !== text) count.textContent = text;
  tools.querySelector("[data-bulk-all]").hidden = rows().every((row) => chosen.has(idOf(row)));
}

function clear() {
  chosen.clear();
  for (const row of rows()) { row.removeAttribute("data-chosen"); row.querySelector(".tick")?.remove(); }
  last = "";
  show();
}

/** New rows of the same tickets get their ticks back. */
function redraw() {
  for (const row of rows()) if (chosen.has(idOf(row))) choose(row, true);
  show();
}

// The changes

async function change(what, value) {
  closeMenus();
  const tools = bar();
  const ids = [...chosen];
  const touched = rows().filter((row) => chosen.has(idOf(row)));
  for (const row of touched) row.dataset.busy = "";
  tools.setAttribute("aria-busy", "true");
  try {
    const { done, refused, undo } = JSON.parse((await ask(tools.dataset.url, { data: { ids, do: what, value } })).text);
    for (const id of done) chosen.delete(id);
    for (const row of touched) if (!chosen.has(idOf(row))) { row.removeAttribute("data-chosen"); row.querySelector(".tick")?.remove(); }
    tell(done, refused, undo, tools.dataset.undo);
    if (!chosen.size) returnFocus(tools, touched.at(-1));
  } catch (error) {
    complain(error);
  } finally {
    for (const row of touched) delete row.dataset.busy;
    tools.removeAttribute("aria-busy");
    show();
    document.dispatchEvent(new CustomEvent("list:renew"));
  }
}

/** The bar goes when nothing is chosen any more; whoever used it by keys goes on in the list. */
function returnFocus(tools, row) {
  if (!tools.contains(document.activeElement) && document.activeElement !== document.body) return;
  (row?.isConnected ? row.querySelector("a") : list()).focus({ preventScroll: true });
}

function tell(done, refused, undo, undoUrl) {
  const words = [];
  if (done.length) words.push(say("bulk_done", { n: done.length }));
  if (refused.length) words.push(refusals(refused));
  toast(words.join(" "), {
    key: "bulk", seconds: 12, level: done.length ? "" : "error",
    undo: undo ? () => takeBack(undoUrl, undo) : null,
  });
  refreshThread(done);
}

/** What was refused, by its reason: many tickets mostly share one. */
function refusals(refused) {
  const byReason = new Map();
  for (const { number, reason, code } of refused) {
    const words = say(`refused.${code}`) || reason;
    byReason.set(words, [...(byReason.get(words) ?? []), number ? `#${number}` : ""]);
  }
  const lines = [...byReason].map(([reason, numbers]) => `${numbers.slice(0, 5).filter(Boolean).join(", ")}${numbers.length > 5 ? "…" : ""} ${reason}`.trim());
  return `${say("bulk_refused", { n: refused.length })} ${lines.join(" ")}`;
}

async function takeBack(url, token) {
  try {
    const { done, refused } = JSON.parse((await ask(url, { data: { token } })).text);
    const words = [say("bulk_undone", { n: done.length })];
    if (refused.length) words.push(refusals(refused));
    toast(words.join(" "), { key: "bulk", seconds: 9 });
    refreshThread(done);
  } catch (error) {
    complain(error);
  } finally {
    document.dispatchEvent(new CustomEvent("list:renew"));
  }
}

function refreshThread(ids) {
  const thread = document.getElementById("thread");
  if (thread?.dataset.id && ids.includes(thread.dataset.id)) thread.refresh?.();
}

// The menus that all tickets share are borrowed while they are open from the bar

async function openShared(button) {
  try { await loadChoices(); } catch (error) { complain(error); return; }
  const menu = document.getElementById(`choose-${button.dataset.bulkChoices}`);
  menu.dataset.bulk = button.dataset.bulkAs ?? button.dataset.bulkChoices;
  const find = menu.querySelector(".find input");
  if (find) { find.value = ""; find.dispatchEvent(new Event("input", { bubbles: true })); }
  for (const item of menu.querySelectorAll("[aria-current], [aria-pressed]")) { item.removeAttribute("aria-current"); if (item.ariaPressed) item.ariaPressed = "false"; }
  menu.addEventListener("toggle", (event) => { if (event.newState === "closed") delete menu.dataset.bulk; });
  openMenu(menu, button);
}

function onShared(event) {
  const item = event.target.closest?.(".menu[data-bulk] :is([data-set], [data-tag-choice], [data-new-tag])");
  if (!item) return;
  event.stopPropagation();
  const what = item.closest(".menu").dataset.bulk;
  change(what, item.dataset.value ?? item.dataset.tagChoice ?? item.dataset.newTag);
}

function onClick(event) {
  const control = event.target.closest?.("[data-bulk-none], [data-bulk-all], [data-bulk-choices], button[data-bulk]");
  if (!control) return;
  const data = control.dataset;
  if ("bulkNone" in data) clear();
  else if ("bulkAll" in data) { for (const row of rows()) choose(row, true); show(); }
  else if (data.bulkChoices) openShared(control);
  else change(data.bulk, data.value);
}

export function listenForSelection() {
  document.addEventListener("click", onShared, true);
  document.addEventListener("click", onTick);
  document.addEventListener("click", onClick);
  document.addEventListener("hotkey", onHotkey);
  document.addEventListener("list:drawn", redraw);
  document.addEventListener("list:gone", clear);
  document.addEventListener("stepback", (event) => {
    if (event.defaultPrevented || !chosen.size || isTyping()) return;
    clear();
    event.preventDefault();
  });
}
