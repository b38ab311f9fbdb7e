// One socket per tab says *that* something changed; the page then asks over HTTP. When the socket
// is down the same questions are asked by the clock, ever more rarely.
import { afterPaint } from "./painted.js";

const BEAT_MS = 40_000;
const SOON = 300;                // first of all nearly at once, but not every tab in the same moment
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const FIRST_POLL = 5_000;
const SIGNED_OUT = 4401;
const AGAIN = -1;

const watchers = new Map();      // name → set of functions
let socket = null;
let isUp = false;
let tries = 0;
let alarm = 0;
let poll = 0;
let pollWait = FIRST_POLL;
let hasStarted = false;

/** Call `tell(number)` whenever the named thing changes; -1 means "read again". */
export function watch(name, tell) {
  if (!watchers.has(name)) watchers.set(name, new Set());
  watchers.get(name).add(tell);
  start();
  sendWatchSet();
  return () => {
    const set = watchers.get(name);
    set?.delete(tell);
    if (set?.size === 0) watchers.delete(name);
    sendWatchSet();
  };
}

// Where this tab is, said again whenever the line is back; told whenever somebody comes or goes.
let here = null;
const hereListeners = new Set();

// Frames of other kinds, which say something by themselves and are gone with the moment.
const frameListeners = new Map();      // kind → set of functions

export function listenFrame(kind, tell) {
  if (!frameListeners.has(kind)) frameListeners.set(kind, new Set());
  frameListeners.get(kind).add(tell);
  return () => frameListeners.get(kind).delete(tell);
}

export function sayHere(ticket, state) {
  if (state === "none" && here?.ticket !== ticket) return;
  here = state === "none" ? null : { ticket, state };
  start();
  sendHere({ ticket, state });
}

export function listenHere(tell) {
  hereListeners.add(tell);
  return () => hereListeners.delete(tell);
}

function sendHere(said) {
  if (said) afterPaint(() => send({ here: said }));
}

function start() {
  if (hasStarted) return;
  hasStarted = true;
  connect();
  document.addEventListener("visibilitychange", onVisible);
  addEventListener("online", () => { tries = 0; connect(); });
}

function onVisible() {
  if (document.hidden) return;
  if (isUp) return;
  tries = 0;
  connect();
  tellAll(AGAIN);
}

function connect() {
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}/ws/`);
  socket.addEventListener("open", onOpen);
  socket.addEventListener("message", onMessage);
  socket.addEventListener("close", onClose);
}

function onOpen() {
  const isBack = tries > 0;
  isUp = true;
  stopPolling();
  show("on");
  sendWatchSet();
  sendHere(here);
  awaitBeat();
  if (isBack) tellAll(AGAIN);      // whatever happened while we were away
}

function onMessage(event) {
  tries = 0;
  awaitBeat();
  const { here: people, ...frame } = JSON.parse(event.data);
  if (people) for (const tell of hereListeners) tell(people);
  for (const [name, number] of Object.entries(frame)) {
    if (typeof number === "object") for (const tell of frameListeners.get(name) ?? []) tell(number);
    for (const tell of watchers.get(name) ?? []) tell(number);
  }
}

function onClose(event) {
  isUp = false;
  clearTimeout(alarm);
  show("off");
  if (here) for (const tell of hereListeners) tell({ ticket: here.ticket, people: {} });
  if (event.code === SIGNED_OUT) { document.dispatchEvent(new CustomEvent("signedout")); return; }
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(tries, 8));
  setTimeout(connect, tries ? wait * (0.5 + Math.random()) : SOON * Math.random());
  tries += 1;
  startPolling();
}

/** No beat for long means the line is dead although nobody hung up. */
function awaitBeat() {
  clearTimeout(alarm);
  alarm = setTimeout(() => socket?.close(), BEAT_MS);
}

let isWatchSetDue = false;

/** Once for all that is no longer watched and all that newly is when one page takes the place of another. */
function sendWatchSet() {
  if (isWatchSetDue) return;
  isWatchSetDue = true;
  afterPaint(() => {
    isWatchSetDue = false;
    send({ watch: [...watchers.keys()] });
  });
}

function send(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

function tellAll(number) {
  for (const set of watchers.values()) for (const tell of set) tell(number);
}

function startPolling() {
  if (poll) return;
  const turn = () => {
    if (!document.hidden) tellAll(AGAIN);
    pollWait = Math.min(LONGEST_WAIT, pollWait * 1.5);
    poll = setTimeout(turn, pollWait);
  };
  poll = setTimeout(turn, pollWait);
}

function stopPolling() {
  clearTimeout(poll);
  poll = 0;
  pollWait = FIRST_POLL;
}

function show(state) {
  for (const dot of document.querySelectorAll("[data-presence]")) dot.dataset.presence = state;
  document.documentElement.dataset.live = state;
}
