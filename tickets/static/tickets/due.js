// Chips of promises count down by themselves. The server drew them (tickets/templatetags/due_parts.py),
// and only those that run carry a time: what stands still has none, and is left alone.
import { say } from "../helpdesk/words.js";

const SOON = 3600;                 // seconds: from then on a chip is amber
const SECONDS_SHOWN = 120;         // so near it is counted in seconds
const OFTEN = 1000;
const SELDOM = 30_000;

const two = (n) => String(n).padStart(2, "0");

export function leftWords(seconds) {
  const left = Math.abs(seconds);
  if (seconds > 0 && left <= SECONDS_SHOWN) return `${Math.floor(left / 60)}:${two(Math.floor(left % 60))}`;
  const minutes = Math.floor(left / 60);
  if (minutes < 60) return say("due.minutes", { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 10 && minutes % 60) return `${say("due.hours", { n: hours })} ${say("due.more_minutes", { n: two(minutes % 60) })}`;
  return hours < 48 ? say("due.hours", { n: hours }) : say("due.days", { n: Math.floor(hours / 24) });
}

const stateOf = (seconds, isAtRisk) => (seconds <= 0 ? "past" : seconds < SOON ? "soon" : isAtRisk ? "risk" : "ok");

function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Draw the chip as it is now; its state where that has changed. */
export function draw(chip, now = Date.now()) {
  const seconds = (Date.parse(chip.dataset.due) - now) / 1000;
  const left = chip.querySelector(".left");
  if (!left || Number.isNaN(seconds)) return { seconds: Infinity, changed: "" };
  const isAtRisk = "risk" in chip.dataset;
  const state = stateOf(seconds, isAtRisk);
  const words = leftWords(seconds);
  put(left, state === "past" ? say("due.over", { time: words }) : words);
  if (chip.dataset.sla === state) return { seconds, changed: "" };
  chip.dataset.sla = state;
  put(chip.querySelector(".vh"), `${say(`due.is_${state === "past" ? "past" : isAtRisk ? "risk" : "due"}`)} `);
  chip.querySelector("use")?.setAttribute("href", say(`due.glyphs.${state}`));
  return { seconds, changed: state };
}

/** Said once, politely, and only of the ticket that is open: a list would never be silent. */
function tell(chip, state, seconds) {
  if (!chip.closest("#thread-head") || !["soon", "past"].includes(state)) return;
  const room = document.getElementById("due-told");
  if (room) room.textContent = say(`due.told_${state}`, { time: leftWords(seconds) });
}

let timer = 0;

function tick() {
  clearTimeout(timer);
  if (document.hidden) return;
  let nearest = Infinity;
  for (const chip of document.querySelectorAll(".sla[data-due]")) {
    const { seconds, changed } = draw(chip);
    if (changed) tell(chip, changed, seconds);
    if (seconds > 0) nearest = Math.min(nearest, seconds);
  }
  const isNear = nearest * 1000 <= SECONDS_SHOWN * 1000 + SELDOM;
  timer = setTimeout(tick, isNear ? OFTEN : SELDOM);
}

document.addEventListener("visibilitychange", tick);
document.addEventListener("ticket:changed", tick);
document.body.addEventListener("htmx:afterSwap", tick);
tick();
