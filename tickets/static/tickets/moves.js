// Merging, linking and splitting: find the other ticket, choose messages, take it back.
import { ask, parse } from "../helpdesk/net.js";
import { closeMenus } from "../helpdesk/menus.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { learn, say } from "../helpdesk/words.js";

const FIND_CALM_MS = 180;
const thread = () => document.getElementById("thread");
const dialog = () => document.getElementById("pick-ticket");
const open = (url) => document.dispatchEvent(new CustomEvent("ticket:open", { detail: { url } }));

let dialogs = null;

/** Asked for once, with the first need. */
export async function needDialogs() {
  dialogs ??= ask("/tickets/dialogs/").then((answer) => {
    const parts = parse(answer.text);
    learn(parts);
    document.body.append(parts);
  });
  try {
    await dialogs;
    return true;
  } catch (error) {
    dialogs = null;
    complain(error);
    return false;
  }
}

async function undo(url, done) {
  if (!(await needDialogs())) return;
  try {
    const { opens } = JSON.parse((await ask(url, { data: {} })).text);
    toast(say(done), { key: "move" });
    open(opens);
  } catch (error) {
    complain(error);
    thread().refresh?.();
  }
}

// Finding the other ticket

let asked = null;
let calm = 0;
let shownFor = null;      // the words whose answer stands there

async function pick(kind) {
  const now = thread();
  closeMenus();
  if (!(await needDialogs())) return;
  const box = dialog();
  box.dataset.kind = kind;
  box.querySelector("form").reset();
  box.querySelector("h2").textContent = say(`work.${kind}_title`, { number: now.dataset.number });
  for (const part of box.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== kind;
  document.getElementById("pick-found").replaceChildren();
  shownFor = null;
  choose(null);
  box.showModal();
  box.querySelector("input").focus();
  find("");
}

async function find(text) {
  asked?.abort();
  const mine = asked = new AbortController();
  try {
    const answer = await ask(`${thread().dataset.base}candidates/?q=${encodeURIComponent(text)}`, { signal: mine.signal });
    if (mine.signal.aborted) return;
    document.getElementById("pick-found").innerHTML = answer.text;
    shownFor = text;
    choose(null);
  } catch (error) {
    if (error.name !== "AbortError") complain(error);
  }
}

function choose(option) {
  const box = dialog();
  for (const other of box.querySelectorAll("[data-candidate]")) other.setAttribute("aria-selected", String(other === option));
  const submit = box.querySelector("[data-submit]");
  const { kind } = box.dataset;
  submit.disabled = !option;
  submit.textContent = option ? say(`work.${kind}`, { number: option.dataset.number }) : say(`work.${kind}_none`);
  box.querySelector("[data-warning]").hidden = kind !== "merge" || !option || !("other" in option.dataset);
}

function onFinderKey(event) {
  const options = [...dialog().querySelectorAll("[data-candidate]")];
  const here = options.indexOf(document.activeElement);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const to = here + (event.key === "ArrowDown" ? 1 : -1);
    if (to < 0) dialog().querySelector("input").focus();
    else options[Math.min(to, options.length - 1)]?.focus();
  } else if (event.key === "Enter" && event.target.matches("input[type=search]")) {
    event.preventDefault();
    takeFirst(event.target);
  }
}

/** Of what fits the words as they stand now, not of what was shown for fewer of them. */
async function takeFirst(field) {
  clearTimeout(calm);
  const words = field.value.trim();
  if (shownFor !== words) await find(words);
  const [first] = dialog().querySelectorAll("[data-candidate]");
  if (!dialog().open || field.value.trim() !== words || !first) return;
  choose(first);
  dialog().querySelector("[data-submit]").focus();
}

async function confirmPick() {
  const box = dialog();
  const chosen = box.querySelector('[data-candidate][aria-selected="true"]');
  if (!chosen) return;
  const now = thread();
  const submit = box.querySelector("[data-submit]");
  submit.disabled = true;
  try {
    if (box.dataset.kind === "merge") await merge(now, chosen);
    else await link(now, chosen, box.querySelector("select").value);
    box.close();
  } catch (error) {
    submit.disabled = false;
    complain(error);
  }
}

async function merge(now, chosen) {
  const made = JSON.parse((await ask(`${now.dataset.base}merge/`, { data: { target: chosen.dataset.candidate } })).text);
  open(made.opens);
  const words = say("work.merged", { source: now.dataset.number, number: made.number });
  toast(words, { key: "move", seconds: 12, undo: () => undo(made.undo, "work.unmerged") });
}

async function link(now, chosen, way) {
  const answer = await ask(`${now.dataset.base}links/`, { data: { other: chosen.dataset.candidate, way } });
  document.dispatchEvent(new CustomEvent("work:shown", { detail: { html: answer.text } }));
  toast(say("work.linked", { number: chosen.dataset.number }), { key: "link" });
}

// Choosing messages

let watcher = null;

const chosenIds = () => [...thread().querySelectorAll(".choose input:checked")].map((box) => box.value);

async function startSplit() {
  const now = thread();
  closeMenus();
  if (!(await needDialogs()) || !now.isConnected || now.querySelector(".split-bar")) return;
  const bar = document.getElementById("split-bar").content.firstElementChild.cloneNode(true);
  bar.elements.subject.value = document.getElementById("subject").textContent.trim();
  now.dataset.choosing = "";
  now.querySelector(".scroll").after(bar);
  offerBoxes();
  watcher = new MutationObserver(offerBoxes);
  watcher.observe(now.querySelector(".flow"), { childList: true });
  bar.addEventListener("submit", (event) => { event.preventDefault(); split(bar); });
  bar.querySelector("[data-cancel]").addEventListener("click", stopSplit);
  now.addEventListener("change", count);
  count();
  (now.querySelector(".msg:last-of-type .choose input") ?? now.querySelector(".choose input"))?.focus();
}

/** Each message gets a box; those that arrive meanwhile, too. */
function offerBoxes() {
  for (const message of thread().querySelectorAll(".flow > .msg:not([data-pending])")) {
    if (message.querySelector(".choose")) continue;
    const label = Object.assign(document.createElement("label"), { className: "choose" });
    const box = Object.assign(document.createElement("input"), { type: "checkbox", value: message.id.slice(2) });
    box.setAttribute("aria-label", say("work.choose", { who: message.querySelector("header b")?.textContent ?? "" }));
    label.append(box);
    message.prepend(label);
  }
}

function count() {
  const bar = thread().querySelector(".split-bar");
  if (!bar) return;
  const n = chosenIds().length;
  bar.querySelector("[data-count]").textContent = say(n ? (n === 1 ? "work.split_one" : "work.split_many") : "work.split_none", { n });
  bar.querySelector("[data-submit]").disabled = n === 0;
}

function stopSplit() {
  const now = thread();
  watcher?.disconnect();
  now.removeEventListener("change", count);
  delete now.dataset.choosing;
  now.querySelector(".split-bar")?.remove();
  for (const label of now.querySelectorAll(".choose")) label.remove();
  now.querySelector(".scroll")?.focus({ preventScroll: true });
}

async function split(bar) {
  const now = thread();
  const data = { messages: chosenIds(), subject: bar.elements.subject.value };
  bar.querySelector("[data-submit]").disabled = true;
  try {
    const made = JSON.parse((await ask(`${now.dataset.base}split/`, { data })).text);
    stopSplit();
    open(made.opens);
    toast(say("work.split", { number: made.number }), { key: "move", seconds: 12, undo: () => undo(made.undo, "work.unsplit") });
  } catch (error) {
    bar.querySelector("[data-submit]").disabled = false;
    complain(error);
  }
}

// Arrow keys go from message to message while choosing, Enter on to the subject.
function onChoosingKey(event) {
  if (event.key === "Enter") {
    event.preventDefault();
    event.stopPropagation();
    if (!chosenIds().length) { event.target.checked = true; count(); }
    const { subject } = thread().querySelector(".split-bar").elements;
    subject.focus();
    subject.select();
    return;
  }
  if (!["ArrowDown", "ArrowUp", "j", "k"].includes(event.key)) return;
  const boxes = [...thread().querySelectorAll(".choose input")];
  const here = boxes.indexOf(document.activeElement);
  if (here < 0) return;
  event.preventDefault();
  event.stopPropagation();
  const to = boxes[here + (["ArrowDown", "j"].includes(event.key) ? 1 : -1)];
  to?.focus();
  to?.closest(".msg").scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const control = event.target.closest?.("[data-pick], [data-split], [data-undo-move], [data-candidate]");
  if (!control) return;
  if (control.dataset.pick) pick(control.dataset.pick);
  else if ("split" in control.dataset) startSplit();
  else if (control.dataset.undoMove) undo(control.dataset.undoMove, "work.unmerged");
  else { choose(control); dialog().querySelector("[data-submit]").focus(); }
});
document.addEventListener("input", (event) => {
  if (!event.target.matches?.("#pick-find")) return;
  clearTimeout(calm);
  calm = setTimeout(() => find(event.target.value.trim()), FIND_CALM_MS);
});
document.addEventListener("keydown", (event) => {
  if (event.target.closest?.("#pick-ticket")) onFinderKey(event);
  else if (event.target.matches?.(".choose input")) onChoosingKey(event);
}, true);
document.addEventListener("submit", (event) => {
  if (!event.target.closest("#pick-ticket")) return;
  event.preventDefault();
  confirmPick();
});
document.addEventListener("stepback", (event) => {
  if (!document.querySelector(".split-bar")) return;
  stopSplit();
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
