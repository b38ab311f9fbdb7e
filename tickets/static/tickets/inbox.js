// Moving between list and thread without losing either: the address follows what is shown.
import "./list.js";
import "./thread.js";
import "./composer.js";
import "./duties.js";
import "./next.js";
import { listenForFields } from "./fields.js";
import { keepFolds, listenForGrips } from "./columns.js";
import { listenForRest, preload, takePreloaded } from "./preload.js";
import { listenForSelection } from "./selection.js";
import { listenForViews } from "./views.js";
import { ask, parse } from "../helpdesk/net.js";
import { closeDrawer } from "../helpdesk/drawers.js";
import { closeMenus } from "../helpdesk/menus.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";

const desk = document.querySelector(".desk");
const TICKET = /^\/tickets\/([0-9a-f-]{36})\/$/;
const LATE_MS = 400;
let loading = null;
let listQuery = document.getElementById("list").dataset.query ?? null;

const idIn = (url) => TICKET.exec(url.pathname)?.[1] ?? "";
const isPhone = () => matchMedia("(max-width: 767px)").matches;

async function load(url, part) {
  loading?.abort();
  const mine = loading = new AbortController();
  const late = setTimeout(() => part?.setAttribute("aria-busy", "true"), LATE_MS);
  const begun = takePreloaded(url.href);
  try {
    const answer = await (begun?.answer ?? ask(url.href, { signal: mine.signal }));
    if (mine.signal.aborted) throw new DOMException("", "AbortError");
    return Object.assign(parse(answer.text), { isOld: begun?.isOld });
  } finally {
    clearTimeout(late);
    part?.removeAttribute("aria-busy");
  }
}

async function openTicket(url, { push = true } = {}) {
  const thread = document.getElementById("thread");
  markCurrent(idIn(url));
  try {
    const parts = await load(url, thread);
    show(parts);
    if (parts.isOld) document.getElementById("thread").refresh?.();
    desk.dataset.show = "thread";
    if (push) history.pushState({ desk: true }, "", url);
    if (isPhone()) document.querySelector("#thread .scroll")?.focus({ preventScroll: true });
  } catch (error) {
    if (error.name === "AbortError") return;
    markCurrent(document.getElementById("thread").dataset.id ?? "");
    complain(error);
  }
}

/** Put the parts of a fragment in place of those with the same id. */
function show(parts) {
  closeMenus();
  closeDrawer({ restore: false });
  const title = parts.querySelector("title");
  if (title) document.title = title.textContent.trim();
  for (const id of ["views", "list", "thread", "side"]) {
    const part = parts.querySelector(`#${id}`);
    if (part) document.getElementById(id)?.replaceWith(part);
  }
  keepFolds();
}

function markCurrent(id) {
  for (const link of document.querySelectorAll('.trow > a[aria-current]')) link.removeAttribute("aria-current");
  const row = id && document.getElementById(`row-${id}`);
  if (!row) return;
  row.querySelector("a").setAttribute("aria-current", "true");
  row.removeAttribute("data-unread");
}

function closeTicket({ push = true } = {}) {
  const id = document.getElementById("thread").dataset.id;
  if (!id) return false;
  const nothing = document.getElementById("nothing").content.cloneNode(true);
  document.getElementById("thread").replaceWith(nothing);
  const side = document.getElementById("side");
  side.replaceChildren();
  side.hidden = true;
  closeDrawer({ restore: false });
  desk.dataset.show = "list";
  markCurrent("");
  document.querySelector(`#row-${id} > a`)?.focus({ preventScroll: true });
  const list = document.getElementById("list");
  if (push) history.pushState({ desk: true }, "", `/tickets/?${list.dataset.query ?? ""}`);
  document.title = document.getElementById("list-title")?.textContent ?? document.title;
  return true;
}

async function openPane(url, { push = true } = {}) {
  const focused = document.activeElement?.dataset?.view;
  try {
    const parts = await load(url, document.getElementById("list"));
    closeTicket({ push: false });
    document.dispatchEvent(new CustomEvent("list:gone"));
    show(parts);
    listQuery = document.getElementById("list").dataset.query;
    desk.dataset.show = "list";
    if (push) history.pushState({ desk: true }, "", url);
    const back = focused && document.querySelector(`#views [data-view="${CSS.escape(focused)}"]`);
    (back || document.getElementById("list")).focus({ preventScroll: true });
  } catch (error) {
    if (error.name !== "AbortError") complain(error);
  }
}

/** A page opened on a ticket shows the thread first; the list comes as soon as it can. */
async function fetchWaitingList() {
  const waiting = document.querySelector("#list[data-waiting]");
  if (!waiting) return;
  try {
    const parts = parse((await ask(waiting.dataset.waiting)).text);
    for (const id of ["views", "list"]) document.getElementById(id).replaceWith(parts.querySelector(`#${id}`));
    listQuery = document.getElementById("list").dataset.query;
    markCurrent(document.getElementById("thread").dataset.id);
    document.querySelector('.trow > a[aria-current]')?.scrollIntoView({ block: "nearest" });
  } catch (error) {
    sayListFailed(waiting, error);
  }
}

/** The thread is there and the list is not: what happened, and the way to try again. */
function sayListFailed(waiting, error) {
  const box = document.getElementById("list-failed").content.firstElementChild.cloneNode(true);
  box.querySelector("p").textContent = error.message;
  box.querySelector("button").addEventListener("click", () => { box.remove(); fetchWaitingList(); });
  waiting.removeAttribute("aria-busy");
  waiting.querySelector(".late")?.remove();
  waiting.append(box);
}

function onClick(event) {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.("a[href]");
  if (!link || link.target) return;
  const url = new URL(link.href);
  if (link.closest(".trow") || "ticket" in link.dataset) openTicket(url);
  else if ("view" in link.dataset || "pane" in link.dataset) openPane(url);
  else if ("back" in link.dataset) closeTicket();
  else return;
  event.preventDefault();
}

function onPress(event) {
  const link = event.target.closest?.(".trow > a");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  preload(link.href).catch(() => {});      // whoever waits for it is told
}

function onSubmit(event) {
  if (!event.target.matches("form[data-pane]")) return;
  event.preventDefault();
  const url = new URL(event.target.getAttribute("action"), location.href);
  for (const [key, value] of new FormData(event.target)) if (value) url.searchParams.set(key, value);
  openPane(url);
}

function onPopState() {
  const url = new URL(location.href);
  if (idIn(url)) openTicket(url, { push: false });
  else if (url.search.slice(1) === listQuery) closeTicket({ push: false });
  else openPane(url, { push: false });
}

document.addEventListener("click", onClick);
document.addEventListener("pointerdown", onPress);
document.addEventListener("submit", onSubmit);
addEventListener("popstate", onPopState);
document.addEventListener("ticket:gone", () => { if (closeTicket()) toast(say("gone"), { key: "gone" }); });
document.addEventListener("list:reload", () => openPaneInPlace().catch(complain));
document.addEventListener("list:go", (event) => openPane(new URL(event.detail.url, location.href)));
document.addEventListener("ticket:open", (event) => openTicket(new URL(event.detail.url, location.href)));
document.addEventListener("stepback", (event) => {
  if (event.defaultPrevented) return;      // a drawer took this step
  if (document.activeElement?.closest(".composer")) {
    document.querySelector("#thread .scroll")?.focus({ preventScroll: true });
    event.preventDefault();
  } else if (!isPhone() && closeTicket()) event.preventDefault();
});

/** The list turned empty, or no longer is: draw it anew and leave the thread alone. */
async function openPaneInPlace() {
  const id = document.getElementById("thread").dataset.id ?? "";
  const parts = parse((await ask(`/tickets/?${document.getElementById("list").dataset.query}`)).text);
  for (const part of ["views", "list"]) document.getElementById(part).replaceWith(parts.querySelector(`#${part}`));
  markCurrent(id);
}

listenForFields();
listenForRest();
listenForSelection();
listenForViews();
listenForGrips();
keepFolds();
fetchWaitingList();
