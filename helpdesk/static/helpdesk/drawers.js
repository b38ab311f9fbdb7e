// Columns that a narrow screen has no room for come in from the side.
let opener = null;

const panelOf = (name) => document.getElementById(name);
export const openDrawer = () => document.querySelector("[data-open]:is(.views, .side)");

export function closeDrawer({ restore = true } = {}) {
  const panel = openDrawer();
  if (!panel) return false;
  delete panel.dataset.open;
  document.querySelector(".veil")?.remove();
  for (const button of document.querySelectorAll(`[data-drawer="${panel.id}"][aria-expanded]`)) button.setAttribute("aria-expanded", "false");
  if (restore && opener?.isConnected) opener.focus();
  opener = null;
  return true;
}

function open(name, button) {
  closeDrawer({ restore: false });
  const panel = panelOf(name);
  if (!panel) return;
  panel.dataset.open = "";
  opener = button;
  button.setAttribute("aria-expanded", "true");
  const veil = Object.assign(document.createElement("div"), { className: "veil" });
  veil.addEventListener("click", () => closeDrawer());
  document.querySelector(".desk").append(veil);
  if ("folded" in panel.dataset) document.dispatchEvent(new CustomEvent("uncover", { detail: { control: panel } }));
  (panel.querySelector("a[aria-current]") ?? panel.querySelector("button, a[href]"))?.focus();
}

export function listenForDrawers() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-drawer]");
    if (!button) return;
    const isOpen = openDrawer()?.id === button.dataset.drawer;
    if (isOpen) closeDrawer(); else open(button.dataset.drawer, button);
  });
  document.addEventListener("uncover", (event) => {
    const panel = event.detail.control.closest(".views, .side");
    const button = panel && [...document.querySelectorAll(`[data-drawer="${panel.id}"]`)].find((one) => one.checkVisibility());
    if (button && !panel.checkVisibility()) open(panel.id, button);
  });
  document.addEventListener("stepback", (event) => {
    if (openDrawer()) { closeDrawer(); event.preventDefault(); }
  });
}
