// Menus that are asked for once, opened by a key or a button, and put something into the text.
import { ask, parse } from "../helpdesk/net.js";
import { openMenu } from "../helpdesk/menus.js";
import { complain } from "../helpdesk/toasts.js";

/** Put words where the cursor is; the browser's own undo takes them back. */
export function insertText(field, words, { select = "" } = {}) {
  field.focus();
  if (!document.execCommand("insertText", false, words)) {
    field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const at = select ? words.indexOf(select) : -1;
  if (at >= 0) field.setSelectionRange(field.selectionEnd - words.length + at, field.selectionEnd - words.length + at + select.length);
}

const isAtLineStart = (field) => field.selectionStart === 0 || field.value[field.selectionStart - 1] === "\n";
const isAtWordStart = (field) => field.selectionStart === 0 || /[\s(（]/.test(field.value[field.selectionStart - 1]);

/** Which menu a sign that is about to be typed opens. Chinese keyboards write 、 where others write a slash. */
export function triggerOf(event, field) {
  if (event.inputType !== "insertText" || field.selectionStart !== field.selectionEnd) return "";
  if ("/、／".includes(event.data) && event.data && isAtLineStart(field)) return "macros";
  if (event.data === "@" && isAtWordStart(field)) return "mention";
  return "";
}

const loading = new Map();      // address → its answer

/** Put it in place of an older one, unless that is open. */
export function loadMenu(id, url) {
  if (!loading.has(url)) loading.set(url, fetchMenu(id, url).finally(() => loading.delete(url)));
  return loading.get(url);
}

async function fetchMenu(id, url) {
  const made = parse((await ask(url)).text).getElementById(id);
  const old = document.getElementById(id);
  if (old?.matches(":popover-open")) return old;
  old?.remove();
  document.body.append(made);
  return made;
}

/**
 * Open the menu, and call `chosen(item)` with what is picked. Whoever leaves it without picking has
 * typed what stands in the search box, after `typed`, the sign that opened it.
 */
export async function pick(field, { id, url, anchor = field, typed = "", prepare = null, chosen }) {
  const { value: before, selectionStart: at } = field;
  let menu = document.getElementById(id);
  try {
    menu ??= await loadMenu(id, url);
  } catch (error) {
    complain(error);
    return;
  }
  if (typed && field.value !== before) {      // typed on faster than the menu came
    field.setRangeText(typed, at, at);
    return;
  }
  const find = menu.querySelector(".find input");
  if (find) { find.value = ""; find.dispatchEvent(new Event("input", { bubbles: true })); }
  prepare?.(menu);
  let picked = null;
  const onClick = (event) => {
    picked = event.target.closest(".it[data-macro], .it[data-insert], .it[data-mentions], .it[data-at]");
    if (!picked) return;
    menu.hidePopover();
    finish();      // the event that says so comes a frame later
  };
  const onToggle = (event) => { if (event.newState !== "open") finish(); };
  const finish = () => {
    menu.removeEventListener("click", onClick);
    menu.removeEventListener("toggle", onToggle);
    if (!field.isConnected) return;
    if (picked) chosen(picked);
    else if (typed) insertText(field, typed + (find?.value ?? ""));
    if (!picked && menu.contains(document.activeElement)) field.focus();
  };
  menu.addEventListener("click", onClick);
  menu.addEventListener("toggle", onToggle);
  openMenu(menu, anchor);
}
