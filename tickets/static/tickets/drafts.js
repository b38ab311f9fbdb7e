// What is being written, per ticket, in this tab only; signing out clears it.
const key = (ticket) => `draft:${ticket}`;

export function readDraft(ticket) {
  try { return JSON.parse(sessionStorage.getItem(key(ticket))); } catch { return null; }
}

export function keepDraft(ticket, content) {
  try { sessionStorage.setItem(key(ticket), JSON.stringify(content)); } catch { /* a full store keeps the older draft */ }
}

export function forgetDraft(ticket) {
  sessionStorage.removeItem(key(ticket));
}

// What was sent and not yet confirmed: should the page go before the answer comes, it is not lost.
const sentKey = (ticket) => `sent:${ticket}`;

export function readSent(ticket) {
  try { return JSON.parse(sessionStorage.getItem(sentKey(ticket))); } catch { return null; }
}

export function keepSent(ticket, content, clientId) {
  try { sessionStorage.setItem(sentKey(ticket), JSON.stringify({ content, clientId })); } catch { /* as above */ }
}

export function forgetSent(ticket) {
  sessionStorage.removeItem(sentKey(ticket));
}
