// The command palette: everything by name. What the page offers is read from its controls; views,
// settings, macros, tickets and customers are asked for.
import { closeMenus } from "./menus.js";
import { drawKeys, offers } from "./controls.js";
import { ask, parse } from "./net.js";
import { best, scoreOf } from "./fuzzy.js";
import { complain } from "./toasts.js";

const DEBOUNCE_MS = 120;
const LATE_MS = 400;
const SHOWN = 60;
const KEPT = 12;
const RECENT = "palette:recent";      // names of commands; never what was searched for
const ORDER = ["recent", "tickets", "ticket", "macros", "views", "page", "list", "writing", "go", "settings", "customers", "search"];

const dialog = () => document.getElementById("palette");
const field = () => dialog().querySelector("input");
const list = () => dialog().querySelector("[role=listbox]");
const say = (name) => dialog().dataset[name] ?? "";

let commands = [];
let found = [];          // what the server answered for the present words
let places = null;       // views, macros and settings, asked for once per page
let active = 0;
let waiting = 0;
let asking = null;

// Recent ones

function recent() {
  try { return JSON.parse(localStorage.getItem(RECENT) ?? "[]"); } catch { return []; }
}

function remember(command) {
  if (!command.isLasting) return;
  localStorage.setItem(RECENT, JSON.stringify([command.id, ...recent().filter((id) => id !== command.id)].slice(0, KEPT)));
}

// What there is

function command(place, name, run, more = {}) {
  return { place, name, run, id: `${place}:${name}`, isLasting: true, ...more };
}

const goTo = (url) => () => follow(url);

/** As a link would: pages that open parts in place hear of it and may take it. */
function follow(url) {
  const link = Object.assign(document.createElement("a"), { href: url, hidden: true });
  const { pathname, searchParams } = new URL(url, location.href);
  if (document.getElementById("list")) {
    if (/^\/tickets\/[0-9a-f-]{36}\/$/.test(pathname)) link.dataset.ticket = "";
    else if (pathname === "/tickets/" && searchParams.has("view")) link.dataset.view = searchParams.get("view");
  }
  document.body.append(link);
  link.click();
  link.remove();
}

function fromPage() {
  return offers()
    .filter(({ control }) => control.dataset.opens !== "palette")
    .map(({ control, name, place, keys }) => command(place, name, () => press(control, name, place), { keys }));
}

function press(control, name, place) {
  const now = control.isConnected ? control : offers().find((other) => other.name === name && other.place === place)?.control;
  if (now?.matches("input, textarea")) now.focus();
  else now?.click();
}

async function fetchPlaces() {
  const [known, settings] = await Promise.all([ask(dialog().dataset.places), ask(dialog().dataset.settings)]);
  const { views, macros } = JSON.parse(known.text);
  const pages = [...parse(settings.text).querySelectorAll("#views a[href]")];
  return [
    ...views.map((view) => command("views", view.title, goTo(view.url))),
    ...macros.map((macro) => command("macros", macro.name, () => useMacro(macro), { macro: macro.id })),
    ...pages.map((page) => command("settings", page.textContent.trim(), goTo(page.getAttribute("href")))),
  ];
}

function useMacro(macro) {
  document.dispatchEvent(new CustomEvent("macro:use", { detail: macro }));
}

async function gather() {
  commands = fromPage();
  // Scripts that keep choices to themselves until asked bring them now.
  const promises = [];
  document.dispatchEvent(new CustomEvent("palette:gather", { detail: { wait: (promise) => promises.push(promise) } }));
  places ??= fetchPlaces();
  try {
    const [more] = await Promise.all([places, ...promises]);
    const isOnTicket = Boolean(document.querySelector("#thread[data-id]"));
    commands = [...fromPage(), ...more.filter((one) => one.place !== "macros" || isOnTicket)];
  } catch (error) {
    places = null;
    complain(error);
  }
  if (dialog().open) draw();
}

// Searching

function matching(words) {
  const order = recent();
  if (!words) {
    const lately = order.map((id) => commands.find((one) => one.id === id)).filter(Boolean).map((one) => ({ ...one, place: "recent" }));
    const rest = commands.filter((one) => !order.includes(one.id));
    return [...lately, ...sorted(rest)];
  }
  const hits = best(commands, words, (one) => one.name, (one) => (order.includes(one.id) ? 6 : 0));
  const all = command("search", say("all").replace("{words}", words), goTo(`${say("search")}?q=${encodeURIComponent(words)}`), { isLasting: false });
  return [...sorted(hits.concat(found)), all];
}

/** In groups: those with the best hit first, and among equals in our order. */
function sorted(ones) {
  const top = new Map();
  for (const one of ones) top.set(one.place, Math.max(top.get(one.place) ?? 0, one.score ?? 0));
  const rank = (one) => [-(top.get(one.place) ?? 0), ORDER.indexOf(one.place)];
  return ones.map((one, at) => ({ one, at, rank: rank(one) }))
    .sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.at - b.at)
    .map(({ one }) => one);
}

const isWorthAsking = (words) => words.length > 1 || /\d|\p{Script=Han}/u.test(words);

function onInput() {
  clearTimeout(waiting);
  asking?.abort();
  found = found.filter((one) => scoreOf(one.name, field().value.trim()) > 0);
  draw();
  const words = field().value.trim();
  if (isWorthAsking(words)) waiting = setTimeout(() => search(words), DEBOUNCE_MS);
}

async function search(words) {
  const mine = asking = new AbortController();
  const late = setTimeout(() => list().setAttribute("aria-busy", "true"), LATE_MS);
  try {
    const answer = JSON.parse((await ask(`${dialog().dataset.find}?q=${encodeURIComponent(words)}`, { signal: mine.signal })).text);
    if (mine.signal.aborted || !dialog().open) return;
    found = [
      ...answer.tickets.map((t) => command("tickets", `#${t.number} ${t.subject}`, goTo(t.url), { note: t.note, isLasting: false, score: t.is_number ? 999 : 20 })),
      ...answer.customers.map((c) => command("customers", c.name, goTo(c.url), { note: c.note, isLasting: false, score: 15 })),
    ];
    draw();
  } catch (error) {
    if (error.name !== "AbortError") complain(error);
  } finally {
    clearTimeout(late);
    if (mine === asking) list().removeAttribute("aria-busy");
  }
}

// Drawing

let drawn = [];
let hasMoved = false;

function draw() {
  const before = drawn[active]?.id;
  const words = field().value.trim();
  drawn = matching(words).slice(0, SHOWN);
  const groups = new Map();
  drawn.forEach((one, at) => {
    if (!groups.has(one.place)) groups.set(one.place, groupFor(one.place));
    groups.get(one.place).append(optionFor(one, at));
  });
  list().replaceChildren(...groups.values());
  const again = drawn.findIndex((one) => one.id === before);
  // What was chosen by arrows stays chosen; else the best is, also when it comes late.
  mark(hasMoved && field().dataset.last === words && again >= 0 ? again : 0);
  field().dataset.last = words;
  dialog().querySelector("[role=status]").textContent = say("count").replace("{n}", drawn.length);
}

function groupFor(place) {
  const group = document.createElement("div");
  const head = Object.assign(document.createElement("div"), { className: "head", textContent: say(`in${place[0].toUpperCase()}${place.slice(1)}`) });
  head.id = `palette-${place}`;
  group.setAttribute("role", "group");
  group.setAttribute("aria-labelledby", head.id);
  group.append(head);
  return group;
}

function optionFor(one, at) {
  const option = Object.assign(document.createElement("div"), { className: "opt", id: `palette-${at}` });
  option.setAttribute("role", "option");
  option.dataset.at = at;
  if (one.macro) option.dataset.macro = one.macro;
  const name = Object.assign(document.createElement("span"), { className: "cut", dir: "auto", textContent: one.name });
  option.append(name);
  if (one.note) option.append(Object.assign(document.createElement("span"), { className: "meta cut", dir: "auto", textContent: one.note }));
  if (one.keys) {
    const keys = Object.assign(document.createElement("span"), { className: "keys" });
    keys.append(...drawKeys(one.keys));
    option.append(keys);
  }
  return option;
}

function mark(at) {
  active = Math.max(0, Math.min(at, drawn.length - 1));
  for (const option of list().querySelectorAll("[role=option]")) option.setAttribute("aria-selected", String(Number(option.dataset.at) === active));
  const now = document.getElementById(`palette-${active}`);
  if (now) field().setAttribute("aria-activedescendant", now.id);
  else field().removeAttribute("aria-activedescendant");
  if (now && active > 0) now.scrollIntoView({ block: "nearest" });
  else list().scrollTop = 0;
}

// Opening and choosing

function open() {
  if (document.querySelector("dialog[open]")) return;
  closeMenus();
  field().value = "";
  found = [];
  hasMoved = false;
  dialog().showModal();
  field().focus();
  gather();
  draw();
}

function choose(at) {
  const one = drawn[at];
  if (!one) return;
  remember(one);
  dialog().close();      // the focus goes back to where it was, from there the command goes on
  one.run();
}

function onKey(event) {
  if (event.isComposing) return;      // Enter that ends a Chinese word is not ours
  const page = Math.max(1, Math.floor(list().clientHeight / 40));
  const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    const isStep = event.key.startsWith("Arrow");
    hasMoved = true;
    mark(isStep ? (to + drawn.length) % drawn.length : to);
  } else if (event.key === "Enter") {
    event.preventDefault();
    choose(active);
  }
}

export function listenForPalette() {
  if (!dialog()) return;
  document.addEventListener("keydown", (event) => {
    const isAsked = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k";
    if (!isAsked || event.defaultPrevented || event.isComposing) return;
    event.preventDefault();
    if (dialog().open) dialog().close();
    else open();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.('[data-opens="palette"]')) return;
    event.stopImmediatePropagation();
    open();
  }, true);
  field().addEventListener("input", onInput);
  dialog().addEventListener("keydown", onKey);
  dialog().addEventListener("close", () => { clearTimeout(waiting); asking?.abort(); });
  list().addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && Number(option.dataset.at) !== active) mark(Number(option.dataset.at));
  });
  list().addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(Number(option.dataset.at));
  });
}
