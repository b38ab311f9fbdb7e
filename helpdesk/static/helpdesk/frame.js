// What every page of the desk has: shortcuts, menus, drawers, times, notices.
import "./news.js";
import { listenForArrows } from "./roving.js";
import { listenForDrawers } from "./drawers.js";
import { listenForHotkeys } from "./hotkeys.js";
import { listenForMenus } from "./menus.js";
import { listenForPalette } from "./palette.js";
import { listenForPresence } from "./presence.js";
import { listenForShortcutSheet } from "./shortcuts.js";
import { keepTimesFresh } from "./times.js";
import { complain, toast } from "./toasts.js";
import { listenForLeaving, Offline, SignedOut } from "./net.js";
import { say } from "./words.js";

listenForMenus();
listenForArrows();
listenForDrawers();
listenForHotkeys();
listenForPalette();
listenForPresence();
listenForShortcutSheet();
listenForLeaving();
keepTimesFresh();

document.addEventListener("click", (event) => {
  const control = event.target.closest?.("[data-opens], [data-closes], [data-copy]");
  if (!control) return;
  if (control.dataset.opens) document.getElementById(control.dataset.opens)?.showModal();
  else if ("closes" in control.dataset) control.closest("dialog")?.close();
  else copy(control);
});

function copy(control) {
  control.closest(".menu")?.hidePopover();
  navigator.clipboard?.writeText(control.dataset.copy).then(() => toast(say("copied"), { key: "copied", seconds: 3 }), complain);
}

// A click beside a sheet closes it.
document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement) event.target.close();
});

// What somebody typed before the scripts were there is searched for as well.
window.addEventListener("load", () => {
  for (const finder of document.querySelectorAll("input[type=search][hx-get]")) {
    if (finder.value !== finder.defaultValue) finder.dispatchEvent(new Event("search", { bubbles: true }));
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.target.closest?.("form")?.querySelector("[data-submit]")?.click();
  }
});

document.addEventListener("signedout", () => complain(new SignedOut()));

// Whoever signs out leaves nothing behind in this tab.
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action")?.endsWith("/logout/")) sessionStorage.clear();
});

document.addEventListener("htmx:sendError", () => complain(new Offline()));
document.addEventListener("htmx:responseError", (event) => complain(new Error(detailOf(event.detail.xhr))));
document.addEventListener("htmx:beforeSwap", (event) => {
  if (new URL(event.detail.xhr.responseURL).pathname.includes("/login/")) location.reload();
});

function detailOf(xhr) {
  try { return JSON.parse(xhr.responseText).detail; } catch { return say("failed"); }
}
