// Beginning

function listen() {
  addEventListener("online", () => { isReached = true; paint(); reconnect(); flushAgain(); });
  addEventListener("offline", paint);
  addEventListener("storage", (event) => { if (event.key?.startsWith(space())) followTab(); });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    // A page that slept has timers and a socket that did not run; what came meanwhile is asked for.
    if (link.mode === "socket" && Date.now() - link.heardAt > 20 * SECOND) reconnect(); else connect();
    for (const room of rooms.values()) if (room.isRead) tellSeen(room);
    flush();
    paint();
  });
}

/** Another tab began, sent or read something. */
function followTab() {
  const { chat = "" } = me();
  if (chat && view.name === "chat" && !view.chat) { view.chat = chat; readSurely(roomOf(chat)); }
  connect();
  flush();
  paint();
}

/** Somebody signed in at the host, or out: nothing of one person is shown to the next. */
function identify(token) {
  const before = space();
  page.token = token;
  if (space() !== before) { uploads.forEach(drop); if (ui.text) ui.text.value = ofTab.get("draft"); }
  disconnect();
  rooms.clear();
  listed = [];
  isBanned = false;
  view.chat = "";
  if (ui.panel && view.isOpen) { show("chat", ""); catchUp(); } else if (ui.root) { readMe().then(connect).then(paint, () => {}); }
}

async function begin(tries = 0) {
  const stored = parsed(kept.get(configName()));
  try {
    if (stored.words) { config ??= stored; wear(); }
    await readConfig();
  } catch (problem) {
    if (problem instanceof Refusal && !problem.isPassing && !(config && problem.code === "banned")) { console.warn(`Chat is not offered on this page (${problem.code || problem.status}).`); return; }
    if (!config) { setTimeout(begin, pause(tries + 2), tries + 1); return; }
  }
  listen();
  if (me().token) await readMe().catch(() => {});
  if (ofTab.get("open")) openPanel({ focus: false });
  connect();
  flush();
  paint();
  planOffers();
}

Object.assign(page, { open: () => openPanel(), close: () => { if (view.isOpen) closePanel(); }, identify });
const CSS_TEXT = `@@CSS@@`;
const atLeisure = window.requestIdleCallback ?? ((work) => setTimeout(work, 200));
const whenReady = () => atLeisure(() => begin(), { timeout: 2000 });
if (document.body && document.readyState !== "loading") whenReady();
else addEventListener("DOMContentLoaded", whenReady, { once: true });
