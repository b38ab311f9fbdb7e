// The line to the server: a socket that only says that something changed; where none opens, long requests

const link = { mode: "off", run: 0, failures: 0 };
const watched = () => (view.isOpen && view.name === "chat" && view.chat) || me().chat || "";

function connect() {
  const chat = watched();
  if (!me().token || !chat || isBanned) disconnect();
  else if (link.mode === "socket") watch(chat);
  else if (link.mode === "off") openSocket();
}

function watch(chat) {
  if (link.chat === chat) return;
  link.chat = chat;
  tell({ watch: chat });
  readSurely(roomOf(chat));
}

function disconnect() {
  link.run += 1;
  clearTimeout(link.timer);
  link.abort?.abort();
  link.socket?.close();
  Object.assign(link, { mode: "off", socket: null, chat: "" });
}

function reconnect() {
  disconnect();
  link.failures = Math.min(link.failures, 1);
  connect();
}

const tell = (frame) => {
  if (link.mode === "socket" && link.socket.readyState === 1) link.socket.send(JSON.stringify(frame));
};

async function openSocket() {
  const run = link.run += 1;
  link.mode = "opening";
  link.chat = watched();
  try {
    // The last socket gave one along, which is good for who we were then.
    const { token } = me();
    const ticket = link[token] || (await ask("POST", "socket/", { body: {} })).ticket;
    if (run !== link.run) return;
    const socket = link.socket = new WebSocket(`${BASE.replace(/^http/, "ws")}socket`);
    socket.onopen = () => { link[token] = 0; socket.send(JSON.stringify({ auth: ticket, chat: link.chat })); };
    socket.onmessage = (event) => { if (run === link.run) hearFrame(parsed(event.data)); };
    socket.onclose = () => { if (run === link.run) lose(); };
    link.timer = setTimeout(lose, AUTH_PATIENCE);
  } catch (problem) {
    if (run !== link.run) return;
    if (problem.status === 401) { forgetMe(); disconnect(); } else lose();
    noteRefusal(problem);
  }
}

function hearFrame(frame) {
  const room = roomOf(frame.chat || link.chat);
  if (link.mode !== "socket") {
    Object.assign(link, { mode: "socket", failures: 0 });
    flushAgain();
    paint();
  }
  if (frame.ticket) link[me().token] = frame.ticket;
  // Silence is noticed by us: a half-open socket says nothing.
  link.heardAt = Date.now();
  clearTimeout(link.timer);
  link.timer = setTimeout(lose, BEAT_PATIENCE);
  if ("typing" in frame) noteTyping(room, frame.typing);
  else if (frame.seen) { room.info.seen = Math.max(frame.seen, room.info.seen ?? 0); paint(); }
  else if (frame.seq > room.head || frame.seq < 0) readSurely(room);
}

function lose() {
  const opened = link.mode === "socket";
  disconnect();
  link.failures += 1;
  if (!opened && link.failures >= 2) { poll(); return; }
  link.mode = "waiting";
  paint();
  link.timer = setTimeout(() => { link.mode = "off"; connect(); }, soon(opened ? 0 : link.failures));
}

async function poll() {
  const run = link.run += 1;
  link.mode = "poll";
  const until = Date.now() + SOCKET_AGAIN;
  // What we may have missed is asked for before anything is waited for.
  for (let tries = 1; run === link.run && watched() && Date.now() < until;) {
    link.chat = watched();
    link.abort = new AbortController();
    const began = Date.now();
    const room = roomOf(link.chat);
    const { head } = room;
    try {
      await readChanges(room, { wait: tries ? 0 : POLL_WAIT, signal: link.abort.signal });
      // A server that does not wait must not be asked without end.
      if (tries) flushAgain();
      else if (room.head === head && Date.now() - began < SECOND) await sleep(SECOND);
      tries = 0;
    } catch (problem) {
      if (run !== link.run) return;
      if (problem.status === 401 || problem.status === 404) { noteMe({ chat: "" }); break; }
      noteRefusal(problem);
      await sleep(problem.pause || soon(tries));
      tries += 1;
    }
  }
  if (run !== link.run) return;
  Object.assign(link, { mode: "off", failures: 1 });
  connect();
}
const sleep = (time) => new Promise((resolve) => { setTimeout(resolve, time); });

let isReached = true;
function noteReach(yes) {
  if (yes === isReached) return;
  isReached = yes;
  paint();
}
