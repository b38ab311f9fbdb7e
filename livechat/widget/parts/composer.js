// Writing

function buildComposer() {
  ui.text = make("textarea", {
    rows: 1, dir: "auto", enterKeyHint: "send", autocomplete: "off", placeholder: say("write"), "aria-label": say("write"), maxLength: config.limits?.text ?? 5000,
    oninput: onInput, onkeydown: onTextKey, onpaste: onPaste, value: ofTab.get("draft"),
  });
  ui.picker = make("input", { type: "file", multiple: true, hidden: true, onchange: () => { addFiles(ui.picker.files); ui.picker.value = ""; } });
  ui.send = make("button.ib.go", { type: "submit", title: `${say("send")} (Enter)`, "aria-label": say("send") }, icon("up"));
  ui.begin = make("button.wide", { type: "submit", hidden: true });
  ui.chips = make("ul.chips", { hidden: true });
  ui.smile = iconButton("smile", say("emoji"), () => toggleMenu(ui.emoji), { "aria-expanded": "false", "aria-controls": "emoji" });
  ui.emoji = make("div.pop.emoji", { id: "emoji", hidden: true },
    EMOJI.map((one) => make("button", { onclick: () => insert(one) }, one)));
  ui.emoji.opener = ui.smile;
  const line = make("div.line", {}, iconButton("clip", say("add_file"), () => ui.picker.click()), ui.text, ui.smile, ui.send);
  ui.box = make("div.box", {}, ui.chips, line);
  ui.slip = make("p.slip", { role: "alert", hidden: true });
  ui.foot = make("form.foot", { noValidate: true, onsubmit: (event) => { event.preventDefault(); submit(); } },
    ui.emoji, ui.slip, ui.box, ui.picker, ui.begin);
  return ui.foot;
}

function onInput() {
  ofTab.set("draft", ui.text.value);
  grow();
  tellTyping();
}
function grow() {
  ui.text.style.height = "auto";
  ui.text.style.height = `${Math.min(ui.text.scrollHeight, 132)}px`;
}
function insert(words) {
  ui.text.setRangeText(words, ui.text.selectionStart, ui.text.selectionEnd, "end");
  closeMenus();
  ui.text.focus();
  onInput();
}
function onTextKey(event) {
  // Enter also ends the choice of a Chinese word; that one is not for us.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
}

let typedAt = 0;
let previewTimer = 0;
function tellTyping() {
  if (Date.now() - typedAt > TYPING_EVERY) { typedAt = Date.now(); tell({ typing: true }); }
  if (!config.previews || previewTimer) return;
  previewTimer = setTimeout(() => { previewTimer = 0; tell({ preview: ui.text.value.slice(0, PREVIEW_LENGTH) }); }, PREVIEW_EVERY);
}

function complain(word, holes) {
  ui.slip.textContent = word ? say(word, holes) : "";
  ui.slip.hidden = !word;
}

let sendsWhenReady = false;
function submit() {
  const text = ui.text.value.trim();
  const ready = uploads.filter((one) => one.file.id);
  complain("");
  if (!text && !uploads.length) { ui.text.focus(); return; }
  if (ready.length < uploads.length) { sendsWhenReady = true; paintChips(); return; }
  const start = collectStart();
  if (start === null) return;
  put({ text, files: ready.map((one) => one.file), ...(start && { start }) });
  uploads = [];
  clearText();
  paintChips();
  toEnd();
  ui.text.focus();
}
function clearText() {
  sendsWhenReady = false;
  ui.text.value = "";
  ofTab.set("draft", "");
  grow();
  clearTimeout(previewTimer);
  previewTimer = 0;
  if (config.previews) tell({ preview: "" });
}
