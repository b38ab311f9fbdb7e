// Shortcuts are visible controls with data-hotkey: pressing the key does what a click does.
const PREFIX_MS = 1200;
let prefix = "";
let forget = 0;

const TYPING = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range])";
export const isTyping = (element = document.activeElement) => Boolean(element?.closest?.(TYPING));

function isReachable(control) {
  const modal = document.querySelector("dialog[open]");
  if (modal && !modal.contains(control)) return false;
  return !control.disabled && control.checkVisibility({ visibilityProperty: true });
}

const controlsOf = (keys) => [...document.querySelectorAll(`[data-hotkey="${CSS.escape(keys)}"]`)];

/** What was undone last, a field of this page, then the row with the focus, then the open ticket, and last what the pointer happens to be over. */
function controlFor(keys) {
  const found = controlsOf(keys).filter(isReachable);
  const row = document.activeElement?.closest(".trow:not(:has(> a[aria-current]))");      // the open one is the thread's
  return found.findLast((c) => c.closest(".toasts")) ?? found.find((c) => c.matches("input")) ?? found.find((c) => row?.contains(c)) ?? found.find((c) => !c.closest(".quick")) ?? found[0];
}

/** In a fold that is closed, or in a column that is away: that is opened first. */
function uncover(keys) {
  if (document.querySelector("dialog[open]")) return null;
  for (const control of controlsOf(keys)) {
    for (let fold = control.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) fold.open = true;
    if (!isReachable(control)) document.dispatchEvent(new CustomEvent("uncover", { detail: { control } }));
    if (isReachable(control)) return control;
  }
  return null;
}

function press(control) {
  if (isTyping(control)) { control.focus(); control.select?.(); }
  else control.click();
}

const nameOf = (event) => (event.key === " " ? "Space" : event.key);

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTyping(event.target) && event.key !== "Escape") return;
  if (document.querySelector(".menu:popover-open")) return;      // menus have keys of their own
  const keys = prefix ? `${prefix} ${nameOf(event)}` : nameOf(event);
  clearTimeout(forget);
  if (!prefix && document.querySelector(`[data-hotkey^="${CSS.escape(keys)} "]`)) {
    prefix = keys;
    forget = setTimeout(() => { prefix = ""; }, PREFIX_MS);
    return;
  }
  prefix = "";
  if (event.key === "Escape") return stepBack(event);
  const control = controlFor(keys) ?? uncover(keys);
  if (control) { event.preventDefault(); press(control); return; }
  const asked = new CustomEvent("hotkey", { detail: { key: keys }, cancelable: true });
  if (!document.dispatchEvent(asked)) event.preventDefault();
}

/** One step: out of the field, then out of the drawer, then back to the list. */
function stepBack(event) {
  if (document.querySelector("dialog[open]")) return;      // it closes itself, and nothing behind it
  const asked = new CustomEvent("stepback", { detail: { from: event.target }, cancelable: true });
  if (!document.dispatchEvent(asked)) { event.preventDefault(); return; }
  if (isTyping(event.target)) { event.target.blur(); return; }
  const control = controlFor("Escape");
  if (control) { event.preventDefault(); press(control); }
}

export function listenForHotkeys() {
  document.addEventListener("keydown", onKey);
}
