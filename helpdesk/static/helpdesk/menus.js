// Native popovers beside the control that opened them, with arrow keys inside.
const GAP = 4;
const EDGE = 8;
const anchors = new WeakMap();

export function openMenu(menu, anchor) {
  anchors.set(menu, anchor);
  menu.showPopover();
  settle(menu);      // at once, so that whoever types on types into it
}

export function closeMenus() {
  for (const menu of document.querySelectorAll(".menu:popover-open")) menu.hidePopover();
}

function place(menu) {
  const anchor = anchors.get(menu);
  if (!anchor?.isConnected) return;
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const wish = menu.dataset.place ?? "";
  const isRtl = document.documentElement.dir === "rtl";
  let left = wish.includes("end") !== isRtl ? at.right - width : at.left;
  let top = wish.includes("above") ? at.top - height - GAP : at.bottom + GAP;
  if (at.right < 80 && wish === "end") left = at.right + GAP;      // beside the rail
  if (top + height > innerHeight - EDGE) top = Math.max(EDGE, at.top - height - GAP);
  if (top < EDGE) top = Math.min(at.bottom + GAP, innerHeight - height - EDGE);
  left = Math.max(EDGE, Math.min(left, innerWidth - width - EDGE));
  menu.style.left = `${left}px`;
  menu.style.top = `${Math.max(EDGE, top)}px`;
}

const itemsOf = (menu) => [...menu.querySelectorAll(".it")].filter((item) => item.checkVisibility());

function onToggle(event) {
  const menu = event.target;
  if (!menu.classList?.contains("menu")) return;
  anchors.get(menu)?.setAttribute("aria-expanded", String(event.newState === "open"));
  if (event.newState !== "open") { delete menu.dataset.placed; return; }
  settle(menu);
}

function settle(menu) {
  place(menu);
  menu.dataset.placed = "";
  if (menu.contains(document.activeElement)) return;
  const first = menu.querySelector("[data-first]") ?? menu.querySelector("input:not([type=hidden]), select") ?? menu.querySelector('[aria-checked="true"], [aria-selected="true"]') ?? itemsOf(menu)[0];
  first?.focus();
}

function onKey(event) {
  const menu = event.target.closest?.(".menu:popover-open");
  if (!menu || event.target.matches("select")) return;
  const items = itemsOf(menu);
  const here = items.indexOf(document.activeElement);
  const inField = event.target.matches("input");
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: inField ? null : 0, End: inField ? null : items.length - 1 }[event.key];
  if (to !== undefined && to !== null && items.length) {
    event.preventDefault();
    const field = menu.querySelector(".find input");
    if (to < 0 && field) field.focus();
    else items[(to + items.length) % items.length].focus();
  } else if (event.key === "Enter" && inField && event.target.closest(".find")) {
    event.preventDefault();
    items[0]?.click();
  } else if (event.key === "Tab" && !menu.querySelector("form")) {
    menu.hidePopover();
  }
}

function onFind(event) {
  const menu = event.target.closest(".find")?.closest(".menu");
  if (!menu) return;
  const wanted = event.target.value.trim().toLocaleLowerCase();
  for (const item of menu.querySelectorAll(".it:not([data-new-tag])")) {
    item.hidden = wanted !== "" && !item.textContent.toLocaleLowerCase().includes(wanted);
  }
  for (const rule of menu.querySelectorAll("hr")) rule.hidden = wanted !== "";
}

export function listenForMenus() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[popovertarget]");
    if (opener) anchors.set(document.getElementById(opener.getAttribute("popovertarget")), opener);
  }, true);
  document.addEventListener("toggle", onToggle, true);
  document.addEventListener("keydown", onKey);
  document.addEventListener("input", onFind);
  addEventListener("resize", closeMenus);
}
