// Chats as the server tells them

const rooms = new Map();
function roomOf(id) {
  if (!rooms.has(id)) rooms.set(id, { id, info: {}, messages: new Map(), head: 0, isRead: false, typing: null, got: 0 });
  return rooms.get(id);
}
const isForeign = (message) => message.from === "agent" || message.from === "bot";
const seenName = (room) => `${space()}seen:${room.id}`;
const seenOf = (room) => Math.max(kept.get(seenName(room)) ?? 0, room.info.seen_by_you ?? 0);
const isOver = (room) => room?.info.state === "ended" || room?.info.state === "offline";
const unreadIn = (room) => [...room.messages.values()].filter((one) => isForeign(one) && !one.withdrawn && one.seq > seenOf(room)).length;
function unread() {
  const counted = [...rooms.values()].filter((room) => room.isRead);
  const others = listed.filter((chat) => !rooms.get(chat.id)?.isRead);
  return counted.reduce((sum, room) => sum + unreadIn(room), 0) + others.reduce((sum, chat) => sum + (chat.unread || 0), 0);
}

function take(room, messages) {
  for (const message of messages) {
    room.messages.set(message.id, message);
    // The answer to our request may have been lost on its way; then this is the acknowledgement.
    if (message.client_id) release(message.client_id);
  }
}

/** Everything after what we have; one at a time for each chat. */
async function readChanges(room, { wait = 0, signal } = {}) {
  if (room.reading && !wait) { room.again = true; await room.reading; return; }
  const began = Date.now();
  const mine = (async () => {
    const before = room.isRead ? new Set(room.messages.keys()) : null;
    for (let more = true; more; wait = 0) {
      const query = `chats/${room.id}/changes/?after=${room.head}&epoch=${room.info.epoch ?? ""}${wait ? `&wait=${wait}` : ""}`;
      const part = await ask("GET", query, { signal, patience: ANSWER_PATIENCE + wait * SECOND });
      // The ticket was merged: its numbers begin anew.
      if (part.reset) { room.messages.clear(); room.head = 0; kept.drop(seenName(room)); }
      take(room, part.messages ?? []);
      room.info = part.chat;
      if ("typing" in part.chat && link.mode === "poll") noteTyping(room, part.chat.typing);
      room.head = Math.max(room.head, part.next ?? part.head ?? 0);
      more = part.more;
    }
    settle(room, before, began);
  })();
  if (!wait) room.reading = mine;
  try { await mine; } finally { if (room.reading === mine) room.reading = null; }
  if (room.again) { room.again = false; await readChanges(room); }
}

/** No signal may follow: whoever could not read tries again. */
function readSurely(room, tries = 0) {
  clearTimeout(room.retry);
  readChanges(room).catch((problem) => {
    if (problem.isPassing) room.retry = setTimeout(() => readSurely(room, tries + 1), problem.pause || soon(tries));
  });
}

function settle(room, before, began) {
  room.isRead = true;
  if (isOver(room) && me().chat === room.id) noteMe({ chat: "" });
  const news = before ? [...room.messages.values()].filter((one) => isForeign(one) && !before.has(one.id)) : [];
  if (news.length) hear(room, news.at(-1));
  // What arrived is what was being typed, unless the typing began since.
  if (news.length && !(room.typedAt > began)) room.typing = null;
  paint();
  tellSeen(room);
}

function tellSeen(room) {
  const head = Math.max(0, room.head, ...[...room.messages.values()].map((one) => one.seq));
  const isWatched = view.isOpen && view.name === "chat" && view.chat === room.id && !document.hidden;
  const seen = isWatched ? head : seenOf(room);
  if (room.isRead && seen > seenOf(room)) { kept.set(seenName(room), seen); paintBadge(); }
  if (head <= room.got && seen <= (room.told ?? -1)) return;
  [room.got, room.told] = [head, seen];
  ask("POST", `chats/${room.id}/seen/`, { body: { seq: seen, got: head } }).catch(() => { room.got = 0; room.told = -1; });
}

function noteTyping(room, who) {
  clearTimeout(room.typingTimer);
  room.typedAt = Date.now();
  room.typing = who?.name ? who : who ? room.info.agent : null;
  if (room.typing) room.typingTimer = setTimeout(() => { room.typing = null; paint(); }, TYPING_LASTS);
  paint();
}
