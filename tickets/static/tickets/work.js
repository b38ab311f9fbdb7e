// What hangs on a ticket beside its conversation: checklist, links, followers, side conversations.
import { newId } from "../helpdesk/ids.js";
import { ask, parse } from "../helpdesk/net.js";
import { closeMenus } from "../helpdesk/menus.js";
import { afterPaint } from "../helpdesk/painted.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";
import { needDialogs } from "./moves.js";

const thread = () => document.getElementById("thread");
const isWriting = (part) => part.contains(document.activeElement) && document.activeElement.matches("textarea, input:not([type=checkbox])") && document.activeElement.value !== "";

// A key or a button that is down within a part acts when it is let go: drawn anew it would be lost.
let pressed = null;
for (const name of ["keydown", "pointerdown"]) {
  document.addEventListener(name, (event) => { pressed = event.target.closest?.("ticket-work") ?? null; }, true);
}
for (const name of ["keyup", "pointerup", "pointercancel", "blur"]) {
  window.addEventListener(name, (event) => {
    if (name === "blur" && event.target !== window) return;
    const part = pressed;
    pressed = null;
    if (part?.isOld) setTimeout(() => { if (part.isConnected && !isWriting(part)) part.load(); }, 100);
  }, true);
}

/** A part of the page that asks for itself, and again whenever the ticket has changed. */
class LazyPart extends HTMLElement {
  connectedCallback() {
    this.onChange = () => this.load();
    document.addEventListener("ticket:changed", this.onChange);
    if (!("later" in this.dataset)) afterPaint(() => { if (this.isConnected) this.load(); });
  }

  disconnectedCallback() {
    document.removeEventListener("ticket:changed", this.onChange);
    this.asked?.abort();
  }

  async load() {
    if ("later" in this.dataset && !this.isShown) return;
    this.asked?.abort();
    const mine = this.asked = new AbortController();
    try {
      const answer = await ask(this.dataset.src, { signal: mine.signal });
      if (!mine.signal.aborted) this.show(answer.text);
    } catch (error) {
      if (error.name !== "AbortError" && !this.firstElementChild) complain(error);
    }
  }
}

class TicketWork extends LazyPart {
  /** What the person changed on the page did not come about: it is drawn as it is. */
  reload() {
    this.shown = null;
    this.load();
  }

  /** The newest there is: an answer that is still under way is older. */
  tell(html) {
    this.asked?.abort();
    this.show(html);
  }

  /** Somebody who writes or presses is not disturbed: the part is drawn anew when they are done. */
  show(html) {
    if (html === this.shown) { this.isOld = false; return; }
    if (isWriting(this) || pressed === this) { this.isOld = true; return; }
    this.shown = html;
    const wasHere = this.contains(document.activeElement);
    const keep = describe(wasHere ? document.activeElement : null);
    const closed = [...this.querySelectorAll("details:not([open])")].map((part) => part.dataset.fold);
    this.innerHTML = html;
    for (const fold of closed) this.querySelector(`[data-fold="${fold}"]`)?.removeAttribute("open");
    if (wasHere) ((keep && this.querySelector(keep)) || this.querySelector("#new-item, summary"))?.focus();
    this.isOld = false;
  }
}

function describe(element) {
  if (!element) return "";
  if (element.id) return `#${CSS.escape(element.id)}`;
  for (const name of ["data-tick", "data-work", "data-pick"]) {
    if (element.hasAttribute(name)) return `[${name}="${CSS.escape(element.getAttribute(name))}"]`;
  }
  const item = element.closest("[data-item]");
  const way = ["data-up", "data-down"].find((name) => element.hasAttribute(name));
  return item && way ? `[data-item="${item.dataset.item}"] [${way}]` : "";
}

class TicketSides extends LazyPart {
  connectedCallback() {
    super.connectedCallback();
    const count = () => {
      const total = Number(document.getElementById("thread-head")?.dataset.sides ?? 0);
      this.hidden = total === 0 && !this.isShown;
      this.querySelector("[data-shows]").textContent = total ? `(${total})` : "";
    };
    document.addEventListener("ticket:changed", count);
    this.stop = () => document.removeEventListener("ticket:changed", count);
    this.addEventListener("toggle", (event) => {
      if (event.target !== this.querySelector(":scope > details")) return;
      this.isShown = event.target.open;
      if (this.isShown) this.load();
    }, true);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop();
  }

  /** New and changed conversations are put in place; a box in which somebody writes stays. */
  show(html) {
    const box = this.querySelector("[data-box]");
    const news = parse(html).querySelector("#sides-list");
    const old = box.querySelector("#sides-list");
    if (!old) { box.replaceChildren(news); return; }
    const order = [];
    for (const talk of [...news.children]) {
      const shown = talk.id && old.querySelector(`#${CSS.escape(talk.id)}`);
      if (shown && isWriting(shown)) {
        shown.querySelector(".side-said").replaceWith(talk.querySelector(".side-said"));
        shown.querySelector("summary").replaceWith(talk.querySelector("summary"));
        order.push(shown);
      } else {
        if (shown) talk.open = shown.open;
        order.push(talk);
      }
    }
    old.replaceChildren(...order);
  }

  open() {
    const fold = this.querySelector(":scope > details");
    this.hidden = false;
    this.isShown = true;
    fold.open = true;
    fold.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("ticket-work", TicketWork);
customElements.define("ticket-sides", TicketSides);

const work = () => document.querySelector("ticket-work");
const sides = () => document.querySelector("ticket-sides");

async function change(url, data) {
  try {
    const answer = await ask(url, { data });
    work()?.tell(answer.text);
    thread().refresh?.();
    return true;
  } catch (error) {
    complain(error);
    work()?.reload();
    return false;
  }
}

// Checklist

function moveItem(button) {
  const item = button.closest("[data-item]");
  const list = item.parentElement;
  if ("up" in button.dataset) item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  button.focus();
  change(list.dataset.order, { item: [...list.children].map((one) => one.dataset.item) });
}

async function addItem(form) {
  const input = form.elements.text;
  const text = input.value;
  if (!text.trim()) return;
  input.value = "";
  if (await change(form.dataset.workForm, { text })) document.getElementById("new-item")?.focus();
  else document.getElementById("new-item").value = text;
}

function onItemKey(event) {
  const item = event.target.closest?.(".checklist [data-item]");
  if (!item || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  item.querySelector(event.key === "ArrowUp" ? "[data-up]" : "[data-down]")?.click();
}

// Following

async function follow(button) {
  closeMenus();
  if (!(await needDialogs())) return;
  const isOn = button.dataset.value === "no";
  if (await change(button.dataset.follow, { value: button.dataset.value })) toast(say(isOn ? "work.unfollowed" : "work.followed"), { key: "follow" });
}

// Incidents of a problem

async function askIncidents(button) {
  if (!(await needDialogs())) return;
  const dialog = document.getElementById("answer-incidents");
  dialog.querySelector("form").dataset.url = button.dataset.incidents;
  dialog.showModal();
  dialog.querySelector("textarea").focus();
}

async function answerIncidents(form) {
  if (await change(form.dataset.url, { body: form.elements.body.value })) {
    form.reset();
    form.closest("dialog").close();
    toast(say("work.incidents"));
  }
}

// Side conversations

async function startSide() {
  closeMenus();
  if (!(await needDialogs())) return;
  const dialog = document.getElementById("ask-side");
  const form = dialog.querySelector("form");
  if (form.dataset.ticket !== thread().dataset.id) { form.reset(); form.dataset.client = newId(); }
  form.dataset.ticket = thread().dataset.id;
  if (!form.elements.subject.value) form.elements.subject.value = document.getElementById("subject").textContent.trim();
  dialog.showModal();
  form.elements.people.focus();
}

async function sendSide(form) {
  const fields = Object.fromEntries(new FormData(form));
  const oops = form.querySelector(".oops");
  try {
    const answer = await ask(`${thread().dataset.base}sides/start/`, { data: { ...fields, client_id: form.dataset.client } });
    form.closest("dialog").close();
    delete form.dataset.ticket;
    sides().open();
    sides().show(answer.text);
    thread().refresh?.();
    toast(say("work.asked"), { key: "side" });
  } catch (error) {
    oops.textContent = error.message;
    oops.hidden = false;
  }
}

async function writeSide(form) {
  const box = form.elements.body;
  const body = box.value;
  form.dataset.client ??= newId();
  try {
    const answer = await ask(form.dataset.sideAsk, { data: { body, client_id: form.dataset.client } });
    box.value = "";
    delete form.dataset.client;
    box.blur();
    sides().show(answer.text);
    document.getElementById(box.id)?.focus();
    thread().refresh?.();
  } catch (error) {
    complain(error);
  }
}

async function setSide(button) {
  try {
    sides().show((await ask(button.dataset.sideState, { data: { value: button.dataset.value } })).text);
    sides().querySelector(`[data-side-state="${button.dataset.sideState}"]`)?.focus();
    thread().refresh?.();
  } catch (error) {
    complain(error);
  }
}

document.addEventListener("click", (event) => {
  const control = event.target.closest?.("[data-work], [data-up], [data-down], [data-follow], [data-incidents], [data-ask-side], [data-side-state]");
  if (!control) return;
  const { dataset } = control;
  if (dataset.work) change(dataset.work, dataset.here ? { here: dataset.here } : {});
  else if (dataset.follow) follow(control);
  else if (dataset.incidents) askIncidents(control);
  else if ("askSide" in dataset) startSide();
  else if (dataset.sideState) setSide(control);
  else if (control.closest(".checklist")) moveItem(control);
});
document.addEventListener("change", (event) => {
  const box = event.target.closest?.("[data-tick]");
  if (box) change(box.dataset.tick, { value: box.checked ? "yes" : "no" });
});
document.addEventListener("keydown", onItemKey);
document.addEventListener("submit", (event) => {
  const form = event.target;
  const does = form.dataset.workForm ? addItem : form.dataset.sideAsk ? writeSide : form.closest("#ask-side") ? sendSide : form.closest("#answer-incidents") ? answerIncidents : null;
  if (!does) return;
  event.preventDefault();
  does(form);
});
document.addEventListener("work:shown", (event) => { work()?.show(event.detail.html); thread().refresh?.(); });
document.addEventListener("focusout", (event) => {
  const part = event.target.closest?.("ticket-work");
  if (part?.isOld) setTimeout(() => { if (part.isConnected && !isWriting(part)) part.load(); }, 100);
});
