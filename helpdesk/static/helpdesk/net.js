// Requests to our own pages: parts of a page as HTML, refusals as problem documents.
import { say } from "./words.js";

export class Refusal extends Error {
  constructor(status, problem = {}) {
    super(say(`refused.${problem.code}`) || problem.detail || say("failed"));
    this.status = status;
    this.code = problem.code ?? "";
    this.problem = problem;
  }
}

export class Offline extends Error {
  constructor() { super(say("offline")); }
}

export class SignedOut extends Error {
  constructor() { super(say("signed_out")); }
}

export const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";

// Changes that are on their way: they leave in the order in which they were made, and a link waits
// for them. The browser would cut them off with the page.
const underway = new Map();     // what they belong to → the last of its requests
const awaited = new Map();      // … → how many will yet tell what has changed
const KEEPALIVE_BYTES = 32 * 1024;     // browsers share 64 kB among all such requests
const PATIENCE_MS = 8000;
let lastRefusal = 0;

export function ask(url, options = {}) {
  if (!options.data || options.data instanceof FormData) return request(url, options);
  return inOrder(url, () => request(url, options), "after" in options.data);
}

const subjectOf = (url) => url.match(/^\/\w+\/[0-9a-f-]{36}\//)?.[0] ?? url;

/** Whether more changes are on their way: what an earlier one answers does not know of them. */
export const isAwaited = (url) => awaited.get(subjectOf(url)) > 0;

/** Until everything that belongs together has been answered. */
export async function settled(url) {
  for (let last; (last = underway.get(subjectOf(url))); ) await last.catch(() => {});
}

function inOrder(url, send, tells) {
  const subject = subjectOf(url);
  const count = (by) => { if (tells) awaited.set(subject, (awaited.get(subject) ?? 0) + by); };
  const turn = () => send().finally(() => count(-1));
  count(1);
  const answer = (underway.get(subject) ?? Promise.resolve()).then(turn, turn);
  underway.set(subject, answer);
  answer.catch(() => { lastRefusal = Date.now(); }).finally(() => { if (underway.get(subject) === answer) { underway.delete(subject); awaited.delete(subject); } });
  return answer;
}

/** A link is followed once everything has arrived; where something was refused, the page stays to say so. */
export function listenForLeaving() {
  window.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[href]");
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !underway.size || event.defaultPrevented || !isPlain || link.target || link.hasAttribute("download")) return;
    event.preventDefault();
    const since = Date.now();
    const patience = new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS); });
    while (underway.size && Date.now() - since < PATIENCE_MS) await Promise.race([Promise.allSettled(underway.values()), patience]);
    if (lastRefusal < since) location.assign(link.href);
  });
  window.addEventListener("beforeunload", (event) => { if (underway.size) event.preventDefault(); });
}

async function request(url, { data = null, signal } = {}) {
  const headers = { "HX-Request": "true", "X-CSRFToken": token() };
  const body = data && !(data instanceof FormData) ? encoded(data) : data;
  let response;
  try {
    const keepalive = body instanceof URLSearchParams && body.toString().length < KEEPALIVE_BYTES;
    response = await fetch(url, { method: data ? "POST" : "GET", headers, body, signal, keepalive });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Offline();
  }
  if (response.redirected && new URL(response.url).pathname.includes("/login/")) throw new SignedOut();
  const text = await response.text();
  if (!response.ok) throw new Refusal(response.status, problemIn(response, text));
  return { status: response.status, text };
}

function encoded(data) {
  const form = new URLSearchParams();
  for (const [key, value] of Object.entries(data)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined) form.append(key, one);
    }
  }
  return form;
}

function problemIn(response, text) {
  if (!(response.headers.get("Content-Type") ?? "").includes("json")) return {};
  try { return JSON.parse(text); } catch { return {}; }
}

export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}
