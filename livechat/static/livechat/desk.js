// Chats for those who answer: what is offered to them, who waits, and whom they are talking with.
import "./desk_thread.js";
import { watch } from "../helpdesk/live.js";
import { closeMenus } from "../helpdesk/menus.js";
import { ask, parse } from "../helpdesk/net.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";
import { isMuted, ring, setMuted } from "./desk_sound.js";

const CALM_MS = 200;
const TICK_MS = 500;
const door = document.getElementById("chats");
const bar = document.getElementById("chat-offer");
const offers = new Map();     // chat → { until, name, last, accept, decline, url }
let waiting = 0;
let unread = -1;              // how much is new; -1 before it was ever asked
let shownOffer = "";
let asking = null;

// Asking

function askSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, CALM_MS);
}

async function refresh() {
  clearTimeout(waiting);
  if (asking) { asking.again = true; return; }
  const mine = asking = { again: false };
  try {
    show(parse((await ask(door.dataset.src)).text).querySelector(".chats"));
  } catch { /* asked again with the next sign of life */ }
  asking = null;
  if (mine.again) askSoon();
}

function show(found) {
  if (!found) return;
  const hasWidgets = found.dataset.widgets === "yes";
  door.hidden = !hasWidgets;
  sessionStorage.setItem("chats", hasWidgets ? "yes" : "no");
  noteOffers(found);
  noteUnread(found);
  showCount(found);
  for (const place of document.querySelectorAll("[data-chats-list]")) fill(place, found.cloneNode(true));
  tick();
  document.dispatchEvent(new CustomEvent("chats:changed"));
}

/** The focus stays with the chat it was on. */
function fill(place, made) {
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const chat = focused?.closest("[data-chat]")?.dataset.chat;
  const kind = focused?.dataset.done ?? "";
  place.replaceChildren(made);
  if (!focused) return;
  const row = chat && made.querySelector(`[data-chat="${chat}"]`);
  (row?.querySelector(kind ? `[data-done="${kind}"]` : "[data-chat-open]") ?? row?.querySelector("a") ?? made.querySelector("[data-first], a, button") ?? place.closest(".menu")?.querySelector("button"))?.focus();
}

// What is offered

function noteOffers(found) {
  const known = new Set(offers.keys());
  offers.clear();
  for (const row of found.querySelectorAll('[data-kind="offer"]')) {
    const [accept, decline] = row.querySelectorAll("[data-chat-act]");
    const offer = { until: performance.now() + Number(row.dataset.left) * 1000, name: row.dataset.name, last: row.querySelector("[data-last]").textContent.trim(), accept: accept.dataset.chatAct, decline: decline.dataset.chatAct, url: accept.dataset.ticketUrl, initials: row.querySelector(".ava").textContent.trim() };
    offers.set(row.dataset.chat, offer);
    if (!known.has(row.dataset.chat)) announce(row.dataset.chat, offer);
  }
}

/** Heard and seen once, however many tabs are open. */
function announce(chat, offer) {
  document.getElementById("chat-said").textContent = say("chat.offered", { name: offer.name });
  if (localStorage.getItem("chat-rung") === chat) return;
  localStorage.setItem("chat-rung", chat);
  ring("offer");
  notify(say("chat.offered_title"), `chat-${chat}`);
}

function notify(title, tag) {
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  const made = new Notification(title, { tag });
  made.addEventListener("click", () => { focus(); made.close(); });
}

function tick() {
  const now = performance.now();
  let isOver = false;
  for (const [chat, offer] of offers) if (offer.until <= now) { offers.delete(chat); isOver = true; }
  if (isOver) { askSoon(); toast(say("chat.missed"), { key: "chat", seconds: 6 }); }
  showBar(now);
  for (const row of document.querySelectorAll('[data-chats-list] [data-kind="offer"]')) {
    const offer = offers.get(row.dataset.chat);
    row.querySelector("[data-secs]").textContent = offer ? say("chat.seconds", { n: secondsLeft(offer, now) }) : "";
  }
  for (const time of document.querySelectorAll("[data-chats-list] [data-waits]")) time.textContent = lasting(Date.now() - new Date(time.dateTime));
  showTitle();
}

const secondsLeft = (offer, now) => Math.max(0, Math.ceil((offer.until - now) / 1000));
const lasting = (ms) => (ms < 60_000 ? say("chat.seconds", { n: Math.max(0, Math.round(ms / 1000)) }) : say("chat.minutes", { n: Math.floor(ms / 60_000) }));

/** The one that runs out first; the pointer or the focus is not pulled away from anywhere. */
function showBar(now) {
  const [chat, offer] = [...offers].sort(([, a], [, b]) => a.until - b.until)[0] ?? ["", null];
  if (bar.hidden !== !offer) bar.hidden = !offer;
  if (!offer) { shownOffer = ""; return; }
  // Where there is no room for both it stands in the list alone. A :has() on the body would say it, too, and have the
  // whole page styled anew with whatever is put into it.
  bar.toggleAttribute("data-listed", Boolean(document.querySelector(".sheet-page [data-chats-list], #chats-menu:popover-open")));
  bar.querySelector("[data-secs]").textContent = say("chat.seconds", { n: secondsLeft(offer, now) });
  if (shownOffer === chat) return;
  shownOffer = chat;
  bar.querySelector(".ava").textContent = offer.initials;
  bar.querySelector("[data-who]").textContent = say("chat.offered", { name: offer.name });
  bar.querySelector("[data-last]").textContent = offer.last;
  runOut(offer.until - now);
}

function runOut(left) {
  const line = bar.querySelector(".left");
  for (const running of line.getAnimations()) running.cancel();
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) line.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: left, fill: "forwards" });
}

// What is new

function noteUnread(found) {
  const now = Number(found.dataset.unread);
  const isMore = unread >= 0 && now > unread;
  unread = now;
  if (!isMore) return;
  const row = found.querySelector('[data-kind="mine"][data-unread]');
  if (localStorage.getItem("chat-heard") !== `${now}:${Math.floor(Date.now() / 3000)}`) ring("message");
  localStorage.setItem("chat-heard", `${now}:${Math.floor(Date.now() / 3000)}`);
  notify(say("chat.unread_title", { name: row?.querySelector("[data-chat-open]").textContent.trim() ?? "" }), "chat-message");
}

function showCount(found) {
  const count = offers.size + Number(found.dataset.unread) || (found.dataset.room === "yes" ? Number(found.dataset.waiting) : 0);
  const badge = door.querySelector(".badge");
  badge.textContent = count > 99 ? "99+" : String(count);
  badge.hidden = count === 0;
  door.toggleAttribute("data-urgent", offers.size > 0);
  door.querySelector("[data-count-words]").textContent = count ? ` ${say("chat.count", { n: count })}` : "";
}

function showTitle() {
  const mark = offers.size ? "● " : unread > 0 ? `(${unread}) ` : "";
  const wanted = mark + document.title.replace(/^(?:● |\(\d+\) )+/, "");
  if (document.title !== wanted) document.title = wanted;
}

// Hands

function go(url) {
  if (!url || location.pathname === url) return;
  if (document.querySelector('.desk[data-layout="inbox"]')) document.dispatchEvent(new CustomEvent("ticket:open", { detail: { url } }));
  else location.assign(url);
}

async function act(url, { done, ticket, control }) {
  closeMenus();
  if (control) control.disabled = true;
  try {
    await ask(url, { data: {} });
    toast(say(`chat.${done}`), { key: "chat", seconds: 4 });
    if (done === "taken") go(ticket);
  } catch (error) {
    complain(error);
  } finally {
    if (control?.isConnected) control.disabled = false;
  }
  document.dispatchEvent(new CustomEvent("chats:acted"));
}

function onClick(event) {
  const control = event.target.closest?.("[data-chat-act], [data-offer-accept], [data-offer-decline], [data-chat-sound], [data-chat-open]");
  if (!control) return;
  const offer = offers.get(shownOffer);
  if (control.dataset.chatAct) act(control.dataset.chatAct, { done: control.dataset.done, ticket: control.dataset.ticketUrl, control });
  else if ("chatSound" in control.dataset) toggleSound(control);
  else if ("chatOpen" in control.dataset) closeMenus();
  else if (offer) answer(offer, control);
}

function answer(offer, control) {
  const accepts = "offerAccept" in control.dataset;
  offers.delete(shownOffer);
  tick();
  act(accepts ? offer.accept : offer.decline, { done: control.dataset.done, ticket: offer.url });
}

function toggleSound(control) {
  setMuted(!isMuted());
  showSound(control);
  toast(say(isMuted() ? "chat.sound_off" : "chat.sound_on"), { key: "chat", seconds: 3 });
}

const showSound = (control) => control?.setAttribute("aria-pressed", String(!isMuted()));

function start() {
  if (sessionStorage.getItem("chats") === "yes") door.hidden = false;
  watch("chats", askSoon);
  document.addEventListener("click", onClick);
  document.addEventListener("chats:acted", refresh);
  document.addEventListener("toggle", () => showBar(performance.now()), true);
  showSound(document.querySelector("[data-chat-sound]"));
  setInterval(tick, TICK_MS);
  refresh();
}

if (door) start();
