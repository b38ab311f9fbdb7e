// A ticket's page is fetched while the pointer or the focus rests on its row, so that opening it
// only has to show it. What has changed since is left out; what is shown asks for news itself.
import { ask, parse } from "../helpdesk/net.js";

const REST_MS = 80;
const KEPT = 8;
const FRESH_MS = 30_000;
const TRUSTED_MS = 1_500;      // so long nothing is asked again after opening
const kept = new Map();        // address → { answer, parts, seq, at }
let resting = 0;
let over = "";

const rowOf = (href) => document.querySelector(`#rows .trow > a[href="${CSS.escape(new URL(href).pathname + new URL(href).search)}"]`)?.closest(".trow");
const isCurrent = (entry, href) => Date.now() - entry.at < FRESH_MS && entry.seq === (rowOf(href)?.dataset.seq ?? entry.seq);

export function preload(href) {
  const known = kept.get(href);
  if (known && isCurrent(known, href)) return known.answer;
  const answer = ask(href);
  const entry = { answer, seq: rowOf(href)?.dataset.seq, at: Date.now() };
  kept.delete(href);
  kept.set(href, entry);
  answer.then(({ text }) => { entry.parts = parse(text); }, () => { if (kept.get(href) === entry) kept.delete(href); });      // whoever opens it asks again
  while (kept.size > KEPT) kept.delete(kept.keys().next().value);
  return answer;
}

/** The page, if it was fetched and nothing has happened to the ticket since. */
export function takePreloaded(href) {
  const entry = kept.get(href);
  if (!entry) return null;
  kept.delete(href);
  if (!isCurrent(entry, href)) return null;
  return { answer: entry.answer, parts: entry.parts, isOld: Date.now() - entry.at > TRUSTED_MS };
}

export const forgetPreloaded = () => kept.clear();

function onRest(event) {
  const link = event.target.closest?.("#rows .trow")?.querySelector("a");
  if (link?.href === over) return;
  over = link?.href ?? "";
  clearTimeout(resting);
  const isSparing = navigator.connection?.saveData;
  if (!link || isSparing || link.hasAttribute("aria-current")) return;
  resting = setTimeout(() => preload(link.href).catch(() => {}), REST_MS);
}

export function listenForRest() {
  document.addEventListener("pointerover", onRest);
  document.addEventListener("focusin", onRest);
}
