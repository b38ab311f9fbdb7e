// Column widths and folded sections are remembered on this machine; parts that a section holds back
// are asked for when it is opened.
import { ask, parse } from "../helpdesk/net.js";
import { complain } from "../helpdesk/toasts.js";

const FOLD = "fold:";
const WIDTH = "width:";
const STEP = 16;

const desk = () => document.querySelector(".desk");

// Sections

export function keepFolds(within = document) {
  for (const section of within.querySelectorAll("details[data-fold]")) {
    const kept = localStorage.getItem(FOLD + section.dataset.fold);
    if (kept) section.open = kept === "open";
  }
}

document.addEventListener("toggle", (event) => {
  const section = event.target;
  const name = section.dataset?.fold;
  if (name) localStorage.setItem(FOLD + name, section.open ? "open" : "shut");
  const part = section.open ? section.querySelector?.(":scope [data-lazy]") : null;
  if (part) load(part);
}, true);

async function load(part) {
  const source = part.dataset.lazy;
  delete part.dataset.lazy;      // once
  part.setAttribute("aria-busy", "true");
  try {
    part.replaceChildren(parse((await ask(source)).text));
  } catch (error) {
    part.dataset.lazy = source;
    complain(error);
  } finally {
    part.removeAttribute("aria-busy");
  }
}

// Widths: a separator that is dragged, or moved by keys as a window splitter is

const columnOf = (grip) => (grip.dataset.column && document.querySelector(grip.dataset.column)) || grip.parentElement;
const gripsOf = () => document.querySelectorAll(".grip[data-resizes]");
const isRtl = () => document.documentElement.dir === "rtl";
/** 1 where a larger column lies further towards the end of the line. */
const signOf = (grip) => (grip.dataset.edge === "start" ? -1 : 1) * (isRtl() ? -1 : 1);
const limit = (grip, name) => Number(grip.getAttribute(name));
const isFolded = (grip) => localStorage.getItem(WIDTH + grip.dataset.resizes) === "0";

function setWidth(grip, width) {
  const kept = Math.round(Math.min(limit(grip, "aria-valuemax"), Math.max(limit(grip, "aria-valuemin"), width)));
  localStorage.setItem(WIDTH + grip.dataset.resizes, String(kept));
  show(grip, kept);
}

function show(grip, width) {
  const value = `${width}px`;
  // Said again, it would be computed anew for all that inherits it.
  if (desk().style.getPropertyValue(grip.dataset.resizes) !== value) desk().style.setProperty(grip.dataset.resizes, value);
  if (width) columnOf(grip)?.removeAttribute("data-folded");
  else columnOf(grip)?.setAttribute("data-folded", "");
  grip.setAttribute("aria-valuenow", String(width));
}

function reset(grip) {
  localStorage.removeItem(WIDTH + grip.dataset.resizes);
  desk().style.removeProperty(grip.dataset.resizes);
  columnOf(grip)?.removeAttribute("data-folded");
  grip.setAttribute("aria-valuenow", String(Math.round(columnOf(grip).offsetWidth)));
}

function fold(grip) {
  if (!("folds" in grip.dataset)) return;
  if (isFolded(grip)) { reset(grip); return; }
  localStorage.setItem(WIDTH + grip.dataset.resizes, "0");
  show(grip, 0);
}

/** Also after a column was drawn anew: its separator then says the usual width again. */
export function settleGrips() {
  for (const grip of gripsOf()) {
    const kept = localStorage.getItem(WIDTH + grip.dataset.resizes);
    if (kept !== null && !Number.isNaN(Number(kept))) show(grip, Number(kept));
    else grip.setAttribute("aria-valuenow", String(Math.round(columnOf(grip)?.offsetWidth || limit(grip, "aria-valuenow"))));
  }
}

function startDrag(grip, event) {
  const [from, width, sign] = [event.clientX, isFolded(grip) ? 0 : columnOf(grip).offsetWidth, signOf(grip)];
  grip.setPointerCapture(event.pointerId);
  grip.dataset.drag = "";
  const move = (to) => { if (Math.abs(to.clientX - from) > 2) setWidth(grip, width + (to.clientX - from) * sign); };
  grip.addEventListener("pointermove", move);
  grip.addEventListener("lostpointercapture", () => { grip.removeEventListener("pointermove", move); delete grip.dataset.drag; }, { once: true });
}

function onKey(grip, event) {
  const width = isFolded(grip) ? 0 : columnOf(grip).offsetWidth;
  const to = {
    ArrowLeft: width - STEP * signOf(grip),
    ArrowRight: width + STEP * signOf(grip),
    Home: limit(grip, "aria-valuemin"),
    End: limit(grip, "aria-valuemax"),
  }[event.key];
  if (to === undefined && event.key !== "Enter") return;
  event.preventDefault();
  event.stopPropagation();      // Enter and letters mean something else in the list
  if (event.key === "Enter") fold(grip); else setWidth(grip, to);
}

export function listenForGrips() {
  const gripOf = (event) => event.target.closest?.(".grip[data-resizes]");
  document.addEventListener("pointerdown", (event) => {
    const grip = gripOf(event);
    if (!grip || event.button) return;
    event.preventDefault();
    startDrag(grip, event);
  });
  document.addEventListener("dblclick", (event) => { const grip = gripOf(event); if (grip) reset(grip); });
  document.addEventListener("keydown", (event) => { const grip = gripOf(event); if (grip) onKey(grip, event); }, true);
  document.addEventListener("uncover", (event) => {
    const grip = [...gripsOf()].find((one) => columnOf(one)?.contains(event.detail.control));
    if (grip?.checkVisibility() && isFolded(grip)) reset(grip);
  });
  settleGrips();
}
