// Notices. An undo runs out visibly; whatever the pointer or the focus rests on stays.
import { say } from "./words.js";

const box = () => document.getElementById("toasts");

export function toast(text, { undo = null, label = "", seconds = 6, level = "", key = "" } = {}) {
  if (key) box().querySelector(`[data-key="${CSS.escape(key)}"]`)?.remove();
  const made = document.getElementById("toast").content.firstElementChild.cloneNode(true);
  made.querySelector(".what").textContent = text;
  if (key) made.dataset.key = key;
  if (level) markLevel(made, level);
  if (undo) offerUndo(made, undo, label, seconds);
  box().append(made);
  while (box().children.length > 3) box().firstElementChild.remove();
  expire(made, seconds);
  return made;
}

export const complain = (error) => toast(error.message || say("failed"), { level: "error", seconds: 9 });

function markLevel(made, level) {
  made.dataset.level = level;
  if (level !== "error") return;
  const use = made.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#i-circle-alert"));
}

function offerUndo(made, undo, label, seconds) {
  const button = made.querySelector("[data-undo]");
  button.hidden = false;
  button.textContent = label || say("undo");
  if (!label) { button.dataset.hotkey = "z"; button.title = `${say("undo")} (z)`; }
  button.addEventListener("click", () => { dismiss(made); undo(); });
  const left = made.querySelector(".left");
  left.hidden = false;
  countDown(made.querySelector(".secs"), Math.floor(seconds));
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
    made.running = left.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: seconds * 1000, fill: "forwards" });
  }
}

/** Seconds for the eye only: read aloud they would never end. */
function countDown(shown, seconds) {
  shown.hidden = seconds < 1;
  shown.textContent = String(seconds);
  if (seconds > 0) setTimeout(() => { if (shown.isConnected) countDown(shown, seconds - 1); }, 1000);
}

function expire(made, seconds) {
  const end = Date.now() + seconds * 1000;
  const hasDeadline = Boolean(made.running);
  const look = () => {
    if (!made.isConnected) return;
    // What can no longer be undone must not go on offering it; other notices wait for the reader.
    const held = !hasDeadline && (made.matches(":hover") || made.contains(document.activeElement));
    if (Date.now() >= end && !held) dismiss(made);
    else setTimeout(look, Math.max(200, end - Date.now()));
  };
  setTimeout(look, seconds * 1000);
}

// Whoever came here by Tab goes back to where they came from.
let cameFrom = null;

function dismiss(made) {
  const wasHere = made.contains(document.activeElement);
  made.remove();
  if (wasHere && cameFrom?.isConnected) cameFrom.focus({ preventScroll: true });
}

document.addEventListener("focusin", (event) => {
  if (box()?.contains(event.target) && !box().contains(event.relatedTarget)) cameFrom = event.relatedTarget;
});
document.addEventListener("click", (event) => {
  const made = event.target.closest("[data-dismiss]")?.closest(".toast-undo");
  if (made) dismiss(made);
});
for (const shown of document.querySelectorAll(".toasts > *")) expire(shown, 6);
