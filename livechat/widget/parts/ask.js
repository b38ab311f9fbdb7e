// Requests

class Refusal extends Error {
  constructor(status, said) {
    super();
    Object.assign(this, { status, said, code: said.code ?? "", pause: (said.retry_after ?? 0) * SECOND });
  }
  /** Whether the same may be asked again later; without a status nobody was reached. */
  get isPassing() { return !this.status || this.status === 429 || this.status >= 500; }
}

async function ask(method, path, { body, signal, patience = ANSWER_PATIENCE, token = me().token } = {}) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), patience);
  signal?.addEventListener("abort", () => abort.abort());
  const headers = { "X-Chat-Language": language() };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(BASE + path, {
      method, headers, body: body && JSON.stringify(body), signal: abort.signal, credentials: "omit", cache: "no-store",
    });
    return await answerOf(response);
  } catch (problem) {
    if (problem instanceof Refusal) throw problem;
    if (!signal?.aborted) noteReach(false);
    throw new Refusal(0, { code: "offline" });
  } finally {
    clearTimeout(timer);
  }
}

async function answerOf(response) {
  noteReach(true);
  const text = await response.text();
  if (response.ok) return parsed(text);
  throw new Refusal(response.status, parsed(text));
}

/** Nearly at once at first, but not everybody in the same moment. */
const soon = (tries) => (tries ? pause(tries - 1) : 0.3 * SECOND * Math.random());
const pause = (tries) => Math.min(30 * SECOND, 500 * 2 ** tries) * (0.75 + Math.random() / 2);
