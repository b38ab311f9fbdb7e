// Requests

class Offline extends Error {}
class Refusal extends Error {
  constructor(status, said) {
    super();
    Object.assign(this, { status, said, code: said.code ?? "", pause: (said.retry_after ?? 0) * SECOND });
  }
  get isPassing() { return this.status === 429 || this.status >= 500; }
}

async function ask(method, path, { body, signal, patience = ANSWER_PATIENCE, token = me().token } = {}) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), patience);
  signal?.addEventListener("abort", () => abort.abort());
  const headers = { "X-Chat-Language": language(), ...(token && { Authorization: `Bearer ${token}` }), ...(body && { "Content-Type": "application/json" }) };
  try {
    const response = await fetch(BASE + path, {
      method, headers, body: body && JSON.stringify(body), signal: abort.signal, credentials: "omit", cache: "no-store",
    });
    return await answerOf(response);
  } catch (problem) {
    if (problem instanceof Refusal) throw problem;
    throw new Offline();
  } finally {
    clearTimeout(timer);
  }
}

async function answerOf(response) {
  const text = await response.text();
  if (response.ok) return parsed(text);
  throw new Refusal(response.status, parsed(text));
}

const pause = (tries) => Math.min(30 * SECOND, 500 * 2 ** tries) * (0.75 + Math.random() / 2);
