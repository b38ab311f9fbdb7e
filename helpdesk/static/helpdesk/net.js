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

export async function ask(url, { data = null, signal } = {}) {
  const headers = { "HX-Request": "true", "X-CSRFToken": token() };
  const body = data && !(data instanceof FormData) ? encoded(data) : data;
  let response;
  try {
    response = await fetch(url, { method: data ? "POST" : "GET", headers, body, signal });
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
