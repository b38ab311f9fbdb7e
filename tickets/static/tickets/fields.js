// Status, assignee, team, priority and tags: changed at once, taken back if refused.
import { ask, parse } from "../helpdesk/net.js";
import { closeMenus, openMenu } from "../helpdesk/menus.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";

const FIELDS = new Set(["status", "assignee", "team", "priority"]);
let choices = null;

const thread = () => document.getElementById("thread");
const shown = (field) => document.querySelector(`#fields [data-field="${field}"]`);

// One value

async function setField(field, value, label, face) {
  const open = thread();
  const control = shown(field);
  const before = control ? { value: control.dataset.now, face: control.querySelector(".face")?.innerHTML } : null;
  closeMenus();
  if (control?.dataset.now === value) return;
  show(field, value, face ?? faceOf(field, value, label));
  try {
    const answer = await ask(`${open.dataset.base}${field}/`, { data: { value, after: open.head } });
    if (answer.status === 204) document.dispatchEvent(new CustomEvent("ticket:gone"));
    else if (open.isConnected) open.apply(answer.text);
    confirm(open.dataset.number, field, label, before && before.value !== value ? () => setField(field, undoValue(field, before.value), wordsIn(before.face)) : null);
  } catch (error) {
    if (before && open.isConnected) show(field, before.value, before.face);
    complain(error);
    if (error.code === "already_there") open.refresh?.();
  }
}

/** A new ticket cannot become new again: undoing leads to open. */
const undoValue = (field, value) => (field === "status" && value === "new" ? "open" : value);
const wordsIn = (html) => parse(html ?? "").textContent.trim();
const escaped = (text) => Object.assign(document.createElement("i"), { textContent: text }).innerHTML;

const isWaiting = (value) => value.startsWith("waiting");
const faceOf = (field, value, label) => (field === "status" ? `<span class="st" data-st="${isWaiting(value) ? "waiting" : value}"></span>${escaped(label)}` : escaped(label));

/** In the side panel and in the head of the thread, before the server has answered. */
function show(field, value, face) {
  const head = document.querySelector(`#thread-head [data-shows="${field}"]`);
  if (head && field !== "assignee") head.innerHTML = face;
  const control = shown(field);
  if (!control) return;
  control.dataset.now = value;
  const at = control.querySelector(".face");
  if (at) at.innerHTML = face;
  const name = (control.getAttribute("aria-label") ?? "").split(":")[0];
  if (name) control.setAttribute("aria-label", `${name}: ${wordsIn(face)}`);
}

/** For what changes several at once; gives back the way back. */
export function showEffect({ field, value, label }) {
  const tags = value.split(" ").filter(Boolean);
  if (field === "add_tags") return showTags([...new Set([...tagsNow(), ...tags])]);
  if (field === "remove_tags") return showTags(tagsNow().filter((tag) => !tags.includes(tag)));
  return FIELDS.has(field) ? showField(field, value, label) : () => {};
}

function showField(field, value, label) {
  const control = shown(field);
  const before = control ? { value: control.dataset.now, face: control.querySelector(".face")?.innerHTML } : null;
  show(field, value, faceOf(field, value, label));
  return () => { if (before) show(field, before.value, before.face); };
}

function confirm(number, field, label, undo) {
  toast(`#${number} · ${say(`done.${field}`, { value: label })}`, { key: `field-${field}`, undo });
}

// Tags

const tagsNow = () => [...document.querySelectorAll("#fields [data-tag]:not([hidden])")].map((chip) => chip.dataset.tag);

/** As it will stand there once the server has answered, which then brings its remove button. */
function chipFor(tag) {
  const chip = Object.assign(document.createElement("span"), { className: "chip" });
  chip.dataset.tag = tag;
  chip.append(Object.assign(document.createElement("span"), { className: "cut", dir: "auto", textContent: tag }));
  return chip;
}

/** At once; gives back the way back. */
function showTags(tags) {
  const box = shown("tags");
  const before = tagsNow();
  const goes = document.activeElement?.closest("[data-tag]");
  if (goes && box.contains(goes) && !tags.includes(goes.dataset.tag)) box.querySelector("[data-choices]")?.focus();
  for (const chip of box.querySelectorAll("[data-tag]")) chip.hidden = !tags.includes(chip.dataset.tag);
  const early = tags.filter((tag) => !before.includes(tag)).map((tag) => chipFor(tag));
  (box.querySelector("[data-choices]") ?? box.lastElementChild)?.before(...early);
  return () => {
    for (const chip of early) chip.remove();
    for (const chip of box.querySelectorAll("[data-tag]")) chip.hidden = !before.includes(chip.dataset.tag);
  };
}

async function setTags(tags) {
  const open = thread();
  const before = tagsNow();
  const back = showTags(tags);
  try {
    open.apply((await ask(`${open.dataset.base}tags/`, { data: { value: tags, after: open.head } })).text);
    confirm(open.dataset.number, "tags", "", () => setTags(before));
  } catch (error) {
    back();
    complain(error);
  }
}

function onTagInput(event) {
  const menu = event.target.closest?.("#choose-tags");
  if (!menu) return;
  const name = event.target.value.trim().toLowerCase();
  const add = menu.querySelector("[data-new-tag]");
  const isKnown = Boolean(menu.querySelector(`[data-tag-choice="${CSS.escape(name)}"]`));
  add.hidden = !name || isKnown;
  add.dataset.newTag = name;
  add.querySelector("span").textContent = say("add_tag", { name });
}

// Menus that are the same for every ticket are asked for once

export const loadChoices = () => (choices ??= ask("/tickets/choices/").then((answer) => document.body.append(parse(answer.text))).catch((error) => { choices = null; throw error; }));

async function openChoices(button) {
  const field = button.dataset.choices;
  try { await loadChoices(); } catch (error) { complain(error); return; }
  const menu = document.getElementById(`choose-${field}`);
  const find = menu.querySelector(".find input");
  if (find) { find.value = ""; find.dispatchEvent(new Event("input", { bubbles: true })); }
  const now = field === "tags" ? null : shown(field)?.dataset.now;
  for (const item of menu.querySelectorAll("[data-set]")) item.setAttribute("aria-current", String(item.dataset.value === now));
  for (const item of menu.querySelectorAll("[data-tag-choice]")) item.setAttribute("aria-pressed", String(tagsNow().includes(item.dataset.tagChoice)));
  openMenu(menu, button);
}

// A row's quick actions

const AFTER_UNDO = { waiting: "waiting_customer", resolved: "resolved" };

async function setOnRow(button) {
  const row = button.closest(".trow");
  const base = new URL(row.querySelector("a").href).pathname;
  const field = button.dataset.rowSet;
  const dot = row.querySelector(".st");
  const before = dot.dataset.st;
  if (field === "status") dot.dataset.st = button.dataset.value;
  try {
    const answer = await ask(`${base}${field}/`, { data: { value: button.dataset.value, after: row.dataset.seq } });
    if (thread().dataset.base === base && answer.status !== 204) thread().refresh();
    const undo = field === "status" ? () => ask(`${base}status/`, { data: { value: AFTER_UNDO[before] ?? "open", after: row.dataset.seq } }).catch(complain) : null;
    toast(say(`done.${field}`, { value: button.dataset.label }), { key: `row-${field}`, undo });
  } catch (error) {
    dot.dataset.st = before;
    complain(error);
  }
}

function onClick(event) {
  const control = event.target.closest?.("[data-set], [data-row-set], [data-choices], [data-untag], [data-tag-choice], [data-new-tag]");
  if (!control) return;
  const data = control.dataset;
  if (data.rowSet) setOnRow(control);
  else if (data.choices) openChoices(control);
  else if (data.untag) setTags(tagsNow().filter((tag) => tag !== data.untag));
  else if (data.tagChoice) toggleTag(data.tagChoice);
  else if (data.newTag) toggleTag(data.newTag);
  else if (data.set) setField(data.set, data.value, data.label, control.querySelector(".face")?.innerHTML);
}

function toggleTag(tag) {
  closeMenus();
  const tags = tagsNow();
  setTags(tags.includes(tag) ? tags.filter((other) => other !== tag) : [...tags, tag]);
}

export function listenForFields() {
  document.addEventListener("click", onClick);
  document.addEventListener("input", onTagInput);
  document.addEventListener("palette:gather", (event) => { if (document.querySelector("#fields [data-choices]")) event.detail.wait(loadChoices()); });
}
