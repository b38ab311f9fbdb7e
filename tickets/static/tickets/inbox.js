// Moving between list and thread without losing either: the address follows what is shown.
import "./list.js";
import "./thread.js";
import "./composer.js";
import "./duties.js";
import "./next.js";
import { listenForFields } from "./fields.js";
import { keepFolds, listenForGrips, settleGrips } from "./columns.js";
import { listenForRest, preload, takePreloaded } from "./preload.js";
import { listenForSelection } from "./selection.js";
import { listenForViews } from "./views.js";
import { ask, parse } from "../helpdesk/net.js";
import { closeDrawer } from "../helpdesk/drawers.js";
import { isTyping } from "../helpdesk/hotkeys.js";
import { closeMenus } from "../helpdesk/menus.js";
import { watch } from "../helpdesk/live.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";

const desk = document.querySelector(".desk");
const TICKET = /^\/tickets\/([0-9a-f-]{36})\/$/;
const LATE_MS = 400;
let loading = null;
let changes = 0;      // of lists, as far as we heard of any
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
    return Object.assign(begun?.parts ?? parse(answer.text), { isOld: begun?.isOld });
  } finally {
    clearTimeout(late);
    part?.removeAttribute("aria-busy");
  }
}

async function openTicket(url, { push = true } = {}) {
  const thread = document.getElementById("thread");
  const place = placeNow();
  markCurrent(idIn(url));
  try {
    const parts = await load(url, thread);
    show(parts);
    if (parts.isOld) document.getElementById("thread").refresh?.();
    desk.dataset.show = "thread";
    if (push) history.pushState({ desk: true }, "", url);
    if (!hasMovedOn(place)) enterThread();
  } catch (error) {
    if (error.name === "AbortError") return;
    markCurrent(document.getElementById("thread").dataset.id ?? "");
    complain(error);
  }
}

/** Somebody who went on while the ticket came is not called back. */
const hasMovedOn = (from) => isTyping() || ![from, document.body].includes(placeNow());

/** A row that was drawn anew is still the same place. */
const placeNow = () => document.activeElement?.closest(".trow")?.id ?? document.activeElement;

/** Arrows and the space bar scroll what is read, and Tab goes on from there; j and k still move in the list. */
function enterThread() { document.querySelector("#thread .scroll")?.focus({ preventScroll: true }); }

/** Put the parts of a fragment in place of those with the same id. The thread comes last: it measures itself, and the
 * page is laid out once for all of them. */
function show(parts) {
  closeMenus();
  closeDrawer({ restore: false });
  const title = parts.querySelector("title");
  if (title) document.title = title.textContent.trim();
  keepFolds(parts);
  const side = parts.querySelector("#side");
  if (side) desk.toggleAttribute("data-alone", side.hidden);
  for (const id of ["views", "list", "side", "thread"]) {
    const part = parts.querySelector(`#${id}`);
    if (part) document.getElementById(id)?.replaceWith(part);
  }
  settleGrips();
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
  desk.dataset.alone = "";
  closeDrawer({ restore: false });
  desk.dataset.show = "list";
  markCurrent("");
  const list = document.getElementById("list");
  (list.linkOf?.(`row-${id}`) ?? list).focus({ preventScroll: true });
  if (push) history.pushState({ desk: true }, "", `/tickets/?${list.dataset.query ?? ""}`);
  document.title = document.getElementById("list-title")?.textContent ?? document.title;
  return true;
}

async function openPane(url, { push = true } = {}) {
  const focused = document.activeElement?.dataset?.view;
  const known = changes;
  try {
    const parts = await load(url, document.getElementById("list"));
    closeTicket({ push: false });
    document.dispatchEvent(new CustomEvent("list:gone"));
    show(parts);
    listQuery = document.getElementById("list").dataset.query;
    desk.dataset.show = "list";
    if (known !== changes) document.dispatchEvent(new CustomEvent("list:renew"));      // told to the list that was
    if (push) history.pushState({ desk: true }, "", url);
    const back = focused && document.querySelector(`#views [data-view="${CSS.escape(focused)}"]`);
    (back?.checkVisibility() ? back : document.getElementById("list")).focus({ preventScroll: true });
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
  if (document.activeElement?.closest(".composer, #side, ticket-sides")) {
    enterThread();
    event.preventDefault();
  } else if (!isPhone() && closeTicket()) event.preventDefault();
});

/** The list turned empty, or no longer is: draw it anew and leave the thread alone. */
async function openPaneInPlace() {
  const id = document.getElementById("thread").dataset.id ?? "";
  const parts = parse((await ask(`/tickets/?${document.getElementById("list").dataset.query}`)).text);
  const wasHere = document.getElementById("list").contains(document.activeElement);
  for (const part of ["views", "list"]) document.getElementById(part).replaceWith(parts.querySelector(`#${part}`));
  markCurrent(id);
  if (wasHere) document.getElementById("list").focus({ preventScroll: true });
}

watch("list", () => { changes += 1; });
listenForFields();
listenForRest();
listenForSelection();
listenForViews();
listenForGrips();
keepFolds();
fetchWaitingList();
