// What lasts

const memory = new Map();     // where the browser refuses to keep anything
const kept = {
  get(name) {
    try { return memory.get(name) ?? localStorage.getItem(name); } catch { return memory.get(name) ?? null; }
  },
  set(name, value) {
    try { localStorage.setItem(name, value); memory.delete(name); } catch { memory.set(name, value); }
  },
  drop(name) {
    memory.delete(name);
    try { localStorage.removeItem(name); } catch { /* refused to keep, so there is nothing to drop */ }
  },
  names(start) {
    const names = new Set(memory.keys());
    try { for (let at = 0; at < localStorage.length; at += 1) names.add(localStorage.key(at)); } catch { /* as above */ }
    return [...names].filter((name) => name.startsWith(start));
  },
};
const ofTab = {
  get(name) { try { return sessionStorage.getItem(space() + name) ?? ""; } catch { return ""; } },
  set(name, value) { try { sessionStorage.setItem(space() + name, value); } catch { /* the next page starts afresh */ } },
};
const parsed = (text) => { try { return JSON.parse(text) ?? {}; } catch { return {}; } };

const hostToken = () => page.token || script.dataset.token || "";
/** The host's own name for the person, so that two people at one browser never share what is kept. */
function person() {
  const token = hostToken();
  if (!token) return "";
  try {
    const claims = atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
    return String(JSON.parse(claims).sub ?? token);
  } catch { return token; }
}
const spaceOf = (who) => `${HERE}${encodeURIComponent(who)}:`;
const space = () => spaceOf(person());
/** {token, visitor, chat, host, start}: who we are to the server; the same in every tab. */
const me = () => parsed(kept.get(`${space()}me`));
const noteMe = (change) => kept.set(`${space()}me`, JSON.stringify({ ...me(), ...change }));
const forgetMe = () => kept.drop(`${space()}me`);

/** One tab at a time does the work, where the browser can say so. */
let inTurn = Promise.resolve();
function alone(name, work) {
  if (navigator.locks) return navigator.locks.request(space() + name, work);
  const mine = inTurn.then(work, work);
  inTurn = mine.catch(() => {});
  return mine;
}
