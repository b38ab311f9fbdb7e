// Messages that wait to be acknowledged: each under a name of its own, so that tabs never overwrite each other

const outName = (id) => `${space()}out:${id}`;
const outgoing = () => kept.names(`${space()}out:`).map((name) => parsed(kept.get(name))).filter((one) => one.id)
  .sort((one, other) => one.at - other.at || one.n - other.n);
let count = 0;
// Pages without TLS have no randomUUID; an address of nothing holds one.
const newId = () => crypto.randomUUID?.() ?? URL.createObjectURL(new Blob()).slice(-36);

function put(message) {
  const entry = { id: newId(), at: Date.now(), n: count += 1, chat: view.chat, text: "", files: [], ...message };
  kept.set(outName(entry.id), JSON.stringify(entry));
  paint();
  flush();
}
const change = (entry, values) => kept.set(outName(entry.id), JSON.stringify({ ...entry, ...values }));
const release = (id) => kept.drop(outName(id));

let isFlushing = false;
let flushTries = 0;
let flushTimer = 0;
async function flush() {
  clearTimeout(flushTimer);
  if (isFlushing || !outgoing().some((one) => !one.failed)) return;
  isFlushing = true;
  try {
    await alone("out", sendAll);
    flushTries = 0;
  } catch (problem) {
    noteRefusal(problem);
    flushTimer = setTimeout(flush, problem.pause || pause(flushTries));
    flushTries += 1;
  } finally {
    isFlushing = false;
    paint();
  }
}

/** The line holds again: what waits need not wait longer. */
const flushAgain = () => { flushTries = 0; flush(); };

async function sendAll() {
  for (let next; (next = outgoing().find((one) => !one.failed));) {
    await beKnown();
    try {
      await send(next);
      release(next.id);
    } catch (problem) {
      if (!(problem instanceof Refusal) || problem.isPassing) throw problem;
      refused(next, problem);
    }
    paint();
  }
}

async function send({ id, chat: wanted, act, text, files, start }) {
  const chat = wanted || me().chat;
  const said = { client_id: id, text, ...(files.length && { files: files.map((file) => file.id) }) };
  if (chat) {
    if (act) await ask("POST", `chats/${chat}/${act}/`, { body: {} });
    else take(roomOf(chat), [await ask("POST", `chats/${chat}/messages/`, { body: said })]);
  } else if (text || files.length) {
    const begun = await ask("POST", "chats/", { body: { ...said, ...(start ?? me().start ?? { fields: {} }) } });
    enter(begun.chat?.id ? begun.chat : begun);
  }
  connect();
}

/** A chat that we just began is the one to look at. */
function enter(info) {
  const room = roomOf(info.id);
  room.info = info;
  if (!isOver(room)) noteMe({ chat: info.id });
  if (view.name === "chat" && !view.chat) view.chat = info.id;
  readSurely(room);
}

/** What we sent is not accepted as it is: it goes elsewhere, or stays here in red. */
function refused(entry, problem) {
  if (problem.code === "chat_goes_on") noteMe({ chat: problem.said.chat });
  else if (problem.status === 401 || problem.status === 404 || problem.code === "chat_ended") {
    if (problem.status === 401) forgetMe();
    else if (me().chat === (entry.chat || me().chat)) noteMe({ chat: "" });
    if (!entry.chat || view.chat === entry.chat) view.chat = "";
    change(entry, entry.moved ? { failed: problem.code || "failed" } : { chat: "", moved: true });
  } else if (entry.act) release(entry.id);
  else change(entry, { failed: problem.code || "failed" });
  if (problem.code === "notice_changed") readConfig().catch(() => {});
  noteRefusal(problem);
}
