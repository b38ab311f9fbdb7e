// Opening and closing

const toggle = () => (view.isOpen ? closePanel() : openPanel());

/** On a small screen the page behind is out of reach, as it is out of sight. */
function raise() {
  const isFull = matchMedia(FULL_SCREEN).matches;
  if (ui.panel.open && ui.panel.isFull === isFull) return;
  const focused = shadow.activeElement;
  if (ui.panel.open) ui.panel.close();
  ui.panel.isFull = isFull;
  if (isFull) ui.panel.showModal(); else ui.panel.show();
  fitViewport();
  focused?.focus();
}

function openPanel({ focus = true } = {}) {
  if (!config) return;
  ui.offer?.remove();
  if (!ui.panel) buildPanel();
  view.isOpen = true;
  ofTab.set("open", "1");
  readySound();
  raise();
  choose();
  if (focus) focusFirst();
  catchUp();
}

/** What to look at: the chat that goes on, else what there was before, else a new one. */
function choose() {
  const waits = outgoing().some((one) => !one.chat);
  if (me().chat || waits || !listed.length) show("chat", me().chat ?? "");
  else show("home");
}

async function catchUp() {
  const began = view.name + view.chat;
  try {
    if (Date.now() - readAt > CONFIG_FRESH) await readConfig();
    await readMe();
  } catch { /* what there is can be shown, and is asked for again */ }
  // Somebody who has begun to write or has gone elsewhere is not moved.
  if (began === view.name + view.chat && !ui.text.value) choose();
  connect();
  flush();
  paint();
}

function closePanel() {
  view.isOpen = false;
  ofTab.set("open", "");
  closeMenus();
  ui.panel.close();
  paint();
  ui.launcher.focus();
}

function focusFirst() {
  // A keyboard that jumps up covers what one came to read.
  const wants = matchMedia("(pointer: coarse)").matches || view.name !== "chat" || ui.text.disabled;
  const field = view.name === "chat" && ui.log.querySelector("input, select");
  (wants ? ui.title : field || ui.text).focus();
}

function show(name, chat = "") {
  const isOther = view.name !== name || view.chat !== chat;
  Object.assign(view, { name, chat });
  closeMenus();
  if (isOther) { ui.log.replaceChildren(); ui.flow.setAttribute("aria-live", "off"); ui.isAway = false; }
  if (name !== "pane") { ui.pane.hidden = true; ui.pane.replaceChildren(); }
  const room = name === "chat" && chat && roomOf(chat);
  if (room && !room.isRead) readSurely(room);
  connect();
  paint();
  toEnd();
  if (room) tellSeen(room);
  if (isOther) ui.title.focus();
}

function stepBack() {
  if (closeMenus()) return;
  if (view.name === "pane") show("chat", view.from ?? "");
  else closePanel();
}

function onPanelKey(event) {
  if (event.key !== "Escape" || event.isComposing) return;
  event.preventDefault();
  stepBack();
}

function onPanelClick(event) {
  const inside = event.composedPath();
  for (const menu of [ui.menu, ui.emoji]) {
    if (!menu.hidden && !inside.includes(menu) && !inside.includes(menu.opener)) menu.hidden = true;
  }
  paintMenus();
}

function toggleMenu(menu) {
  const opens = menu.hidden;
  closeMenus();
  menu.hidden = !opens;
  if (menu === ui.menu && opens) fillMenu();
  paintMenus();
  if (opens) menu.querySelector("button")?.focus();
}
/** True where one was open; the focus goes back to what opened it. */
function closeMenus() {
  const open = [ui.menu, ui.emoji].find((menu) => menu && !menu.hidden);
  if (!open) return false;
  open.hidden = true;
  paintMenus();
  if (open.contains(shadow.activeElement)) open.opener.focus();
  return true;
}
const paintMenus = () => { for (const menu of [ui.menu, ui.emoji]) menu.opener.setAttribute("aria-expanded", String(!menu.hidden)); };

function fillMenu() {
  const room = rooms.get(view.chat);
  const goesOn = room && !isOver(room) && view.name === "chat";
  const isQuiet = kept.get(QUIET) === "1";
  const item = (word, onclick, more = {}) => make("button", { onclick: () => { closeMenus(); onclick(); }, ...more }, say(word));
  ui.menu.replaceChildren(...[
    view.name === "chat" && !hasAgent(room) && item("person", callPerson),
    view.name === "chat" && room && item("transcript", askTranscript),
    !me().verified && item("verify", askAddress),
    item("sound", () => kept.set(QUIET, isQuiet ? "" : "1"), { role: "switch", "aria-checked": String(!isQuiet), className: "switch" }),
    goesOn && item("end", endChat),
  ].filter(Boolean));
}
