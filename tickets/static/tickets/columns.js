// Column widths and folded sections are remembered on this machine.
const FOLD = "fold:";

export function keepFolds() {
  for (const section of document.querySelectorAll("details[data-fold]")) {
    const kept = localStorage.getItem(FOLD + section.dataset.fold);
    if (kept) section.open = kept === "open";
  }
}

document.addEventListener("toggle", (event) => {
  const name = event.target.dataset?.fold;
  if (name) localStorage.setItem(FOLD + name, event.target.open ? "open" : "shut");
}, true);

function setWidth(grip, width) {
  const least = Number(grip.getAttribute("aria-valuemin"));
  const most = Number(grip.getAttribute("aria-valuemax"));
  const kept = Math.round(Math.min(most, Math.max(least, width)));
  document.querySelector(".desk").style.setProperty(grip.dataset.resizes, `${kept}px`);
  grip.setAttribute("aria-valuenow", String(kept));
  localStorage.setItem(`width:${grip.dataset.resizes}`, String(kept));
}

function reset(grip) {
  document.querySelector(".desk").style.removeProperty(grip.dataset.resizes);
  localStorage.removeItem(`width:${grip.dataset.resizes}`);
  grip.setAttribute("aria-valuenow", String(Math.round(grip.parentElement.offsetWidth)));
}

function startDrag(grip, event) {
  const isRtl = document.documentElement.dir === "rtl";
  const [from, width] = [event.clientX, grip.parentElement.offsetWidth];
  grip.setPointerCapture(event.pointerId);
  grip.dataset.drag = "";
  const move = (to) => setWidth(grip, width + (to.clientX - from) * (isRtl ? -1 : 1));
  grip.addEventListener("pointermove", move);
  grip.addEventListener("lostpointercapture", () => { grip.removeEventListener("pointermove", move); delete grip.dataset.drag; }, { once: true });
}

export function listenForGrips() {
  const kept = localStorage.getItem("width:--w-list");
  if (kept) document.querySelector(".desk").style.setProperty("--w-list", `${kept}px`);
  const gripOf = (event) => event.target.closest?.(".grip");
  document.addEventListener("pointerdown", (event) => { const grip = gripOf(event); if (grip) { event.preventDefault(); startDrag(grip, event); } });
  document.addEventListener("dblclick", (event) => { const grip = gripOf(event); if (grip) reset(grip); });
  document.addEventListener("keydown", (event) => {
    const grip = gripOf(event);
    const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (!grip || !step) return;
    event.preventDefault();
    setWidth(grip, grip.parentElement.offsetWidth + step * (document.documentElement.dir === "rtl" ? -1 : 1));
  });
}
