// What the page offers at this moment, by name: read from the visible controls, so that neither the
// command palette nor the sheet of shortcuts can forget one or promise one that is not there.
const OFFERS = "[data-hotkey], .menu .it, .thread-head button, [data-choices]";
const NEVER = "dialog *, template *, .quick *, [hidden], [hidden] *, :disabled, .find *, [data-macro], [data-mention], [data-emoji], [data-drawer], [data-closes], [data-new-tag], [data-tag-choice]:not(#choose-tags *)";

const PLACES = [
  ["writing", ".composer, ticket-composer"],
  ["ticket", "#thread, #side, [id^=choose-], [data-of=ticket]"],
  ["list", "#list, #views"],
  ["go", ".rail"],
];

const placeOf = (control) => PLACES.find(([, within]) => control.closest(within))?.[0] ?? "page";

function wordsOf(element) {
  const label = element.getAttribute("aria-label");
  if (label) return label;
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll(".kbd, .on, .count, .meta, .vh, svg, .ava")) part.remove();
  return copy.textContent.replace(/\s+/g, " ").trim() || element.title.replace(/\s*\([^)]*\)$/, "");
}

/** An item of a menu bears the name of what it sets: "Priority: Urgent". */
function nameOf(control) {
  const own = wordsOf(control);
  const menu = control.matches(".it") ? control.closest(".menu") : null;
  if (!menu || menu.closest(".rail") || menu.id === "more-menu") return own;
  const of = menu.getAttribute("aria-label") ?? "";
  return of && of !== own ? `${of}: ${own}` : own;
}

/** Each with its control, name, place and shortcut; of two that do the same the one with a key. */
export function offers(root = document) {
  const found = new Map();
  for (const control of root.querySelectorAll(OFFERS)) {
    if (control.matches(NEVER)) continue;
    const keys = control.dataset.hotkey ?? control.querySelector(":scope > .kbd")?.textContent.trim() ?? "";
    if (keys === "Escape") continue;
    const offer = { control, name: nameOf(control), place: placeOf(control), keys };
    const id = `${offer.place}:${offer.name}`;
    if (offer.name && (!found.has(id) || (keys && !found.get(id).keys))) found.set(id, offer);
  }
  return [...found.values()];
}

/** "g i" → g, i; "Ctrl+Shift+A" → Ctrl, Shift, A. */
export const keysOf = (keys) => (keys.length > 1 ? keys.split(/[ +]/) : [keys]);

export function drawKeys(keys) {
  return keysOf(keys).map((key) => Object.assign(document.createElement("span"), { className: "kbd", textContent: key }));
}
