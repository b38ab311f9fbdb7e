// What is shown of a chat: rows, of which only what changed is made anew

/** Rows are {key, signature, build, update}: one with the same signature keeps its element. */
function paintRows(rows) {
  const before = new Map([...ui.log.children].map((element) => [element.key, element]));
  let place = ui.log.firstElementChild;
  for (const row of rows) {
    let element = before.get(row.key);
    before.delete(row.key);
    if (!element || element.signature !== row.signature) {
      const fresh = row.build();
      Object.assign(fresh, { key: row.key, signature: row.signature });
      if (element) { if (place === element) place = fresh; element.replaceWith(fresh); }
      element = fresh;
    }
    if (element === place) place = place.nextElementSibling;
    else ui.log.insertBefore(element, place);
    row.update?.(element);
  }
  for (const gone of before.values()) gone.remove();
  // What was said before one looked is not read out; what is said from now on is.
  if (rows.length) setTimeout(() => ui.flow.setAttribute("aria-live", "polite"), SECOND);
}

const newButton = (word) => make("button.wide", { onclick: () => show("chat", me().chat ?? "") }, say(word));

function homeRows() {
  const rows = [{
    key: "hello", signature: config.greeting,
    build: () => make("div.hello", {}, make("h2", { dir: "auto" }, config.greeting), newButton(me().chat ? "go_on" : "new_chat")),
  }];
  const chats = listed.map((chat) => ({ key: chat.id, signature: JSON.stringify([chat, unreadOf(chat)]), build: () => chatRow(chat) }));
  return chats.length ? [...rows, { key: "earlier", signature: "", build: () => make("h3", {}, say("earlier")) }, ...chats] : rows;
}
const unreadOf = (chat) => (rooms.get(chat.id)?.isRead ? unreadIn(rooms.get(chat.id)) : chat.unread || 0);
function chatRow(chat) {
  const n = unreadOf(chat);
  return make("button.earlier", { onclick: () => show("chat", chat.id) },
    make("span.grow", {}, make("span.subject", { dir: "auto" }, chat.title || say("chat")),
      make("small", {}, `${dayOf(chat.last_at ?? chat.began_at)} · ${say(chat.state === "ended" ? "state_ended" : "state_open")}`)),
    n ? make("span.badge", {}, n, make("span.vh", {}, ` ${say("unread")}`)) : null, icon("next"));
}

function chatRows(room) {
  const rows = [];
  const waiting = outgoing().filter((one) => !one.act && (one.chat === view.chat || (!one.chat && view.chat === me().chat)));
  const said = room ? [...room.messages.values()].sort((one, other) => one.at.localeCompare(other.at) || one.seq - other.seq) : [];
  if (!isOver(room)) rows.push(greetingRow());
  if (!room && !waiting.length && needsCard()) {
    rows.push({ key: "start", signature: JSON.stringify([startFields(), config.notice, config.lang]), build: startCard });
  }
  const acked = new Set(said.map((one) => one.client_id));
  const all = [...said, ...waiting.filter((one) => !acked.has(one.id)).map((one) => ({
    ...one, client_id: one.id, from: "visitor", at: new Date(one.at).toISOString(), waits: true, html: "",
  }))];
  let day = "";
  all.forEach((message, at) => {
    if (dayKey(message.at) !== day) { day = dayKey(message.at); rows.push(dayRow(message.at)); }
    rows.push(message.from === "system" ? systemRow(message) : messageRow(message, all[at - 1], all[at + 1], room));
  });
  const last = all.at(-1);
  if (last?.quick?.length && isForeign(last) && !isOver(room)) rows.push(quickRow(last));
  return rows;
}

const greetingRow = () => ({
  key: "greeting", signature: config.greeting + isClosed(),
  build: () => make("div.msg", {}, make("div.say", { dir: "auto" }, isClosed() && !view.chat ? say("away_words") : config.greeting)),
});
const dayRow = (at) => ({ key: `day ${dayKey(at)}`, signature: dayOf(at), build: () => make("p.by", {}, dayOf(at)) });
const systemRow = (message) => ({
  key: message.id, signature: message.text, build: () => make("p.by", { dir: "auto" }, `${message.text} · ${timeOf(message.at)}`),
});
const quickRow = (message) => ({
  key: `quick ${message.id}`, signature: JSON.stringify(message.quick),
  build: () => make("div.topics", {}, message.quick.map(({ text }) =>
    make("button.pill", { dir: "auto", onclick: () => { put({ text }); ui.text.focus(); } }, text))),
});

const isNear = (one, other) => one && other && one.from === other.from && one.name === other.name
  && one.via === other.via && dayKey(one.at) === dayKey(other.at) && Math.abs(new Date(one.at) - new Date(other.at)) < GROUP_GAP;
function messageRow(message, previous, next, room) {
  const isMine = message.from === "visitor";
  const isFirst = isMine || !isNear(previous, message);
  const files = message.files ?? [];
  return {
    key: message.client_id || message.id,
    signature: JSON.stringify([
      message.from, message.text, message.html, message.withdrawn, files.map((file) => file.id), message.cards, isFirst, config.lang,
    ]),
    build: () => buildMessage(message, { isMine, isFirst, files }),
    update: (element) => updateMessage(element, message, !isNear(message, next), room),
  };
}

function buildMessage(message, { isMine, isFirst, files }) {
  const name = isMine ? say("you") : message.name;
  const body = message.withdrawn
    ? make("div.say.gone", {}, say("withdrawn"))
    : message.text || message.html ? make("div.say", { dir: "auto" }, textOf(message)) : null;
  return make("div.msg", { "data-from": message.from },
    make("span", { className: isMine || !isFirst ? "vh" : "who", dir: "auto" }, name, make("span.vh", {}, ": ")),
    body,
    message.withdrawn ? null : files.map(fileOf),
    (message.cards ?? []).filter((card) => /^https?:/.test(card.url)).map(cardOf),
    make("p.meta", {}));
}

const cardOf = ({ url, title }) => Object.assign(
  outside(url, icon("file"), make("span", { dir: "auto" }, title), icon("next")), { className: "card-link" });

function updateMessage(element, message, isLast, room) {
  const meta = element.lastElementChild;
  const links = element.querySelectorAll("a.pic, a.doc");
  (message.files ?? []).forEach((file, at) => { if (file.url && links[at]) links[at].href = addressOf(file); });
  const words = metaOf(message, isLast, room);
  element.classList.toggle("failed", !!message.failed);
  const signature = words.join() + (message.failed ?? "");
  if (meta.signature === signature) return;
  meta.signature = signature;
  meta.hidden = !words.length;
  meta.replaceChildren(words.join(" · "), ...(message.failed ? failedButtons(message) : []));
}
function metaOf(message, isLast, room) {
  if (message.failed) return [`${say("not_sent")} ${config.words[message.failed] ? say(message.failed) : ""}`.trim()];
  if (message.waits) return [say(navigator.onLine && isReached ? "sending" : "waiting")];
  if (!isLast) return [];
  const state = message.from === "visitor" && room && isNewestMine(message, room) ? [say(message.seq <= (room.info.seen ?? 0) ? "read" : "sent")] : [];
  return [timeOf(message.at), ...(message.via === "mail" ? [say("by_mail")] : []), ...state];
}
const isNewestMine = (message, room) => ![...room.messages.values()].some((one) => one.from === "visitor" && one.seq > message.seq);
function failedButtons(message) {
  const entry = () => parsed(kept.get(outName(message.client_id)));
  return [
    make("button.plain-button", { onclick: () => { change(entry(), { failed: undefined }); paint(); flush(); } }, say("retry")),
    make("button.plain-button", { onclick: () => { release(message.client_id); ui.text.value ||= message.text; onInput(); paint(); } }, say("discard")),
  ];
}
