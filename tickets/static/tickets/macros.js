// Macros and canned replies: m or a slash, type, Enter. What a macro changes shows at once and can be undone.
import { ask } from "../helpdesk/net.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";
import { showEffect } from "./fields.js";
import { insertText, loadMenu, pick } from "./picking.js";

/** Before anybody asks, so that the key opens them at once. What was changed since brings others. */
export function fetchMacros(thread) {
  const known = document.getElementById("macros-menu");
  if (known?.dataset.ticket === thread.dataset.id && known.dataset.head === String(thread.head)) return;
  const head = thread.head;
  loadMenu("macros-menu", `${thread.dataset.base}macros/`).then((menu) => { menu.dataset.head = head; }, () => {});
}

export function openMacros(composer, { typed = "", anchor }) {
  const { thread } = composer;
  const known = document.getElementById("macros-menu");
  if (known && known.dataset.ticket !== thread.dataset.id) known.remove();
  pick(composer.text, {
    id: "macros-menu",
    url: `${thread.dataset.base}macros/`,
    anchor,
    typed,
    prepare: (menu) => prepare(menu, thread, Boolean(typed)),
    chosen: (item) => use(composer, item),
  });
}

function prepare(menu, thread, isForText) {
  const items = [...menu.querySelectorAll("[data-macro]")];
  for (const item of items) item.hidden = isForText && !item.dataset.text;
  const find = menu.querySelector(".find input");
  find.oninput = () => setTimeout(() => {
    const wanted = find.value.trim().toLocaleLowerCase();
    for (const item of items) if (isForText && !item.dataset.text) item.hidden = true;
    const exact = wanted && items.find((item) => !item.hidden && item.dataset.shortcut.toLocaleLowerCase().startsWith(wanted));
    for (const item of exact ? [exact, ...items.filter((other) => other !== exact)] : items) menu.querySelector(".none").before(item);
    menu.querySelector(".none").hidden = items.some((item) => !item.hidden) || !items.length;
  });
}

function use(composer, item) {
  const { text, unfilled, macro, name } = item.dataset;
  const effects = JSON.parse(item.dataset.effects);
  if (text) putText(composer, text, "isNote" in item.dataset, unfilled);
  if (effects.length) apply(composer.thread, macro, name, effects);
  else ask(`${composer.thread.dataset.base}macros/apply/`, { data: { macro, after: composer.thread.head } }).catch(() => {});
}

function putText(composer, text, isNote, unfilled) {
  if (isNote && composer.isEmpty) composer.setMode("note");
  else if (!isNote && composer.isEmpty && composer.querySelector("#tab-reply")) composer.setMode("reply");
  const { value, selectionStart: at } = composer.text;
  const gap = at > 0 && value[at - 1] !== "\n" ? "\n" : "";
  insertText(composer.text, gap + text);
  if (unfilled) toast(say("composer.unfilled", { names: unfilled }), { key: "unfilled", seconds: 9 });
}

async function apply(thread, macro, name, effects) {
  const back = effects.map(showEffect);
  try {
    const answer = await ask(`${thread.dataset.base}macros/apply/`, { data: { macro, after: thread.head } });
    if (answer.status === 204) { document.dispatchEvent(new CustomEvent("ticket:gone")); toast(say("composer.macro_done", { name })); return; }
    const event = /<ticket-changes[^>]* data-event="([^"]+)"/.exec(answer.text)?.[1];
    if (thread.isConnected) thread.apply(answer.text);
    toast(say("composer.macro_done", { name }), { key: "macro", seconds: 10, undo: event ? () => undo(thread, event, name) : null });
  } catch (error) {
    if (thread.isConnected) for (const put of back.reverse()) put();
    complain(error);
  }
  fetchMacros(thread);
}

async function undo(thread, event, name) {
  try {
    const answer = await ask(`${thread.dataset.base}macros/undo/`, { data: { event, after: thread.head } });
    if (thread.isConnected) thread.apply(answer.text);
    const isWhole = !/data-kept/.test(answer.text);
    toast(isWhole ? say("composer.macro_undone", { name }) : say("composer.macro_kept"), { key: "macro" });
  } catch (error) {
    complain(error);
  }
}

/** Chosen in the command palette: of all macros only those that are offered on this ticket. */
document.addEventListener("macro:use", async (event) => {
  const composer = document.querySelector("ticket-composer");
  if (!composer) return;
  try {
    const known = document.getElementById("macros-menu");
    const isFresh = known?.dataset.ticket === composer.thread.dataset.id;
    const menu = isFresh ? known : await loadMenu("macros-menu", `${composer.thread.dataset.base}macros/`);
    const item = menu.querySelector(`[data-macro="${CSS.escape(event.detail.id)}"]`);
    if (item) use(composer, item);
    else toast(say("macro_elsewhere", { name: event.detail.name }), { key: "macro" });
  } catch (error) {
    complain(error);
  }
});
