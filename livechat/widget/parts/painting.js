// Painting: what changed is put in, what stayed keeps its element

let isPainting = false;
/** Many causes, one painting. */
function paint() {
  if (isPainting || !ui.root) return;
  isPainting = true;
  queueMicrotask(() => { isPainting = false; paintNow(); });
}

function paintNow() {
  paintBadge();
  ui.launcher.replaceChildren(icon(view.isOpen ? "down" : "chat"), ui.badge);
  ui.launcher.setAttribute("aria-expanded", String(view.isOpen));
  if (!ui.panel || !view.isOpen) return;
  const room = view.chat ? roomOf(view.chat) : null;
  const ended = isOver(room);
  ui.title.textContent = config.name;
  ui.status.textContent = statusOf(room);
  ui.face.textContent = faceOf(room);
  ui.back.hidden = view.name === "home" || (!listed.length && view.name !== "pane");
  ui.bar.textContent = barText();
  ui.bar.hidden = !ui.bar.textContent;
  ui.flow.hidden = view.name === "pane";
  ui.foot.hidden = view.name !== "chat" || ended || isBanned;
  paintRows(view.name === "home" ? homeRows() : chatRows(room));
  paintTail(room);
  paintFoot();
  keepDown();
}

function barText() {
  if (isBanned) return say("banned");
  if (ui.said) return ui.said;
  if (!navigator.onLine || !isReached) return say("offline");
  return "";
}
function statusOf(room) {
  const info = view.name === "chat" ? room?.info ?? {} : {};
  if (hasAgent(room) && view.name === "chat") return say("with", { name: info.agent.name });
  return availability();
}
function availability() {
  const { open, people, until } = config.availability ?? {};
  if (!open) return say("away");
  if (!people) return say("busy");
  return until ? say("people_until", { time: until }) : say("people_now");
}
const initialOf = (name) => [...(name || "?")][0].toUpperCase();
function faceOf(room) {
  if (view.name === "chat" && hasAgent(room)) return room.info.agent.initials || initialOf(room.info.agent.name);
  return initialOf(config.name);
}

function waitWords(seconds) {
  if (seconds === null || seconds === undefined) return say("wait_unknown");
  return seconds < 60 ? say("wait_short") : say("wait_minutes", { n: new Intl.NumberFormat(variety()).format(Math.round(seconds / 60)) });
}
function queueWords({ place, wait_seconds: seconds }) {
  if (!config.availability?.people) return say("nobody_now");
  return [place > 1 ? say("place", { n: place }) : say("place_next"), waitWords(seconds)].join(/^zh/.test(config.lang) ? "" : " ");
}

function paintTail(room) {
  const parts = [];
  const info = room?.info ?? {};
  if (view.name === "chat") {
    if (room?.typing && !isOver(room)) parts.push([`typing ${room.typing.name}`, () => typingLine(room.typing)]);
    const words = { queued: () => queueWords(info), offline: () => say("left") }[info.state]?.();
    if (words) parts.push([words, () => make("p.wait", { role: "status" }, words)]);
    if (info.bot || (!room && !isClosed() && !needsCard())) parts.push(["person", () => make("button.pill.quiet", { onclick: callPerson }, say("person"))]);
    if (isOver(room)) parts.push([`ended ${JSON.stringify(info.survey)}`, endedCard]);
  }
  const signature = parts.map(([name]) => name).join();
  if (signature === ui.tail.signature) return;
  ui.tail.signature = signature;
  ui.tail.replaceChildren(...parts.map(([, built]) => built()));
}

const typingLine = ({ name = "" }) => make("p.typing", {},
  make("span.dots", { "aria-hidden": "true" }, make("i"), make("i"), make("i")), say("typing", { name }));

function endedCard() {
  const room = rooms.get(view.chat);
  return make("div.ended", {},
    config.survey && room.info.survey && surveyOf(room),
    newButton("new_chat"),
    room.info.state === "ended" && make("button.plain-button", { onclick: askTranscript }, say("transcript")));
}
function surveyOf(room) {
  const { score } = room.info.survey;
  const rate = async (n) => {
    room.info.survey = { score: n };
    paint();
    try { await ask("POST", `chats/${room.id}/rating/`, { body: { score: n } }); }
    catch { room.info.survey = { score }; announce("failed"); }
  };
  return make("div.card.survey", { role: "group", "aria-label": say("survey") },
    make("p", { role: "status" }, say(score ? "thanks" : "survey")),
    make("div.stars", {}, [1, 2, 3, 4, 5].map((n) => make("button", {
      "aria-label": say("score", { n }), "aria-pressed": String(n === score), className: n <= score ? "on" : "", onclick: () => rate(n),
    }, "★"))));
}

function paintFoot() {
  const room = view.chat ? rooms.get(view.chat) : null;
  const isStart = !room && !!ui.log.querySelector(".start");
  ui.begin.hidden = !isStart;
  ui.send.hidden = isStart;
  ui.begin.textContent = say(isClosed() ? "leave_message" : "start");
  if (ui.foot.classList.toggle("starts", isStart) !== ui.wasStart) { ui.wasStart = isStart; grow(); }
  const days = config.keep_days ? say("kept", { n: config.keep_days }) : "";
  const privacy = config.privacy_url && /^https?:/.test(config.privacy_url) ? [" ", outside(config.privacy_url, say("privacy"))] : [];
  ui.note.replaceChildren(config.previews ? say("previewed") : days, ...privacy);
  ui.note.hidden = ui.foot.hidden || !ui.note.textContent.trim();
}
