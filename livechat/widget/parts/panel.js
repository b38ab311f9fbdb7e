// The panel and its parts

const view = { isOpen: false, name: "chat", chat: "" };
const ui = {};
const host = document.createElement("helpdesk-chat");
host.dataset.key = KEY;
const shadow = host.attachShadow({ mode: "open" });
const sheet = new CSSStyleSheet();
const colours = new CSSStyleSheet();
// The page's own shortcuts must not hear what is typed in here.
for (const kind of ["keydown", "keyup", "keypress"]) shadow.addEventListener(kind, (event) => event.stopPropagation());

/** Colours, language and side; again whenever the configuration was read. */
function wear() {
  const { accent = {}, on_accent: on = "#ffffff" } = config;
  const values = Object.entries(accent).map(([name, pair]) => {
    const value = Array.isArray(pair) ? `light-dark(${pair[0]}, ${pair[1]})` : pair;
    return `--${name === "accent" ? "accent" : `accent-${name.replace("_", "-")}`}: ${value};`;
  });
  colours.replaceSync(`:host { ${values.join(" ")} --on-accent: ${on}; }`);
  if (!ui.root) build();
  Object.assign(ui.root, { lang: config.lang, dir: config.dir || "ltr", ariaLabel: say("chat") });
  ui.root.dataset.side = config.position ?? "right";
  if (/^zh/.test(config.lang)) useHanMarks();
  paint();
}

/** Chinese quotation marks and dashes are full width: from the Han face, not from the Latin one. */
function useHanMarks() {
  if (ui.hanMarks || !window.FontFace) return;
  const faces = ["PingFangSC-Regular", "PingFang SC", "NotoSansCJKsc-Regular", "Noto Sans CJK SC", "Microsoft YaHei"];
  ui.hanMarks = new FontFace("Helpdesk Han Marks", faces.map((face) => `local("${face}")`).join(), { unicodeRange: "U+2014, U+2018-201D" });
  ui.hanMarks.load().then((face) => document.fonts.add(face), () => {});
}

function build() {
  sheet.replaceSync(CSS_TEXT);
  shadow.adoptedStyleSheets = [sheet, colours];
  ui.badge = make("span.badge", { hidden: true, "aria-hidden": "true" });
  ui.launcher = make("button.launch", { "aria-expanded": "false", onclick: toggle }, icon("chat"), ui.badge);
  ui.root = make("div.root", { role: "region" }, ui.launcher);
  shadow.append(ui.root);
  document.body.append(host);
}

function buildPanel() {
  ui.title = make("b", { id: "title", tabIndex: -1 });
  ui.status = make("span");
  ui.face = make("span.face", { "aria-hidden": "true" });
  ui.back = iconButton("back", say("back"), () => show("home"));
  ui.more = iconButton("more", say("more"), () => toggleMenu(ui.menu), { "aria-expanded": "false", "aria-controls": "menu" });
  ui.menu = make("div.pop.menu", { id: "menu", hidden: true });
  ui.menu.opener = ui.more;
  const close = iconButton("x", say("close"), closePanel, { title: `${say("close")} (Esc)` });
  const head = make("div.head", {}, ui.back, ui.face, make("div.grow", {}, ui.title, ui.status), ui.more, close, ui.menu);
  ui.bar = make("p.bar", { role: "status", hidden: true });
  ui.log = make("div.log", {});
  ui.tail = make("div.tail", { "aria-live": "off" });
  ui.flow = make("div.flow", { role: "log", "aria-live": "off", "aria-label": say("messages"), tabIndex: 0, onscroll: noteScroll }, ui.log, ui.tail);
  ui.news = make("button.news", { hidden: true, onclick: () => toEnd() });
  ui.pane = make("div.pane", { hidden: true });
  ui.note = make("small.note", {});
  ui.panel = make("dialog.panel", { "aria-labelledby": "title", onkeydown: onPanelKey, onclick: onPanelClick },
    head, ui.bar, ui.flow, ui.news, ui.pane, buildComposer(), ui.note);
  ui.panel.addEventListener("cancel", (event) => { event.preventDefault(); stepBack(); });
  for (const kind of ["dragover", "drop"]) ui.panel.addEventListener(kind, onDrop);
  ui.root.prepend(ui.panel);
  matchMedia(FULL_SCREEN).addEventListener("change", () => { if (view.isOpen) raise(); });
  for (const kind of ["resize", "scroll"]) visualViewport?.addEventListener(kind, fitViewport);
}

/** Above the keyboard of a phone, which covers the page instead of shrinking it. */
function fitViewport() {
  ui.panel.style.setProperty("--height", `${visualViewport.height}px`);
  ui.panel.style.setProperty("--top", `${visualViewport.offsetTop}px`);
}
