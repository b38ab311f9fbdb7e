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
