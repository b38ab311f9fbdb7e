// Before the first message

const isClosed = () => config.availability && !config.availability.open;
function startFields() {
  const fields = (config.fields ?? []).filter((field) => field.name !== "text");
  // Without an address there would be no answer to somebody whom we meet closed.
  if (isClosed() && !me().verified && !fields.some((field) => field.name === "email")) fields.push({ name: "email", required: true });
  return fields.map((field) => (isClosed() && field.name === "email" ? { ...field, required: true } : field))
    .filter((field) => !(me().verified && /^(name|email)$/.test(field.name)));
}

function startCard() {
  const before = me().start?.fields ?? {};
  const fields = startFields().map((field) => {
    const label = field.label || say(field.name);
    const isKnown = /^(name|email)$/.test(field.name);
    const common = { name: field.name, id: `f-${field.name}`, required: field.required, value: before[field.name] ?? "", dir: "auto" };
    const input = field.options?.length
      ? make("select", common, make("option", { value: "" }, "—"), field.options.map((one) => make("option", { value: one }, one)))
      : make("input", { ...common, type: field.name === "email" ? "email" : "text", autocomplete: isKnown ? field.name : "off", maxLength: 254, onkeydown: onFieldKey });
    return make("div.field", {},
      make("label", { htmlFor: common.id }, label, field.required ? null : make("i", {}, say("optional"))), input,
      make("p.slip", { id: `e-${field.name}`, hidden: true }));
  });
  const { notice } = config;
  return make("div.card.start", {}, ...fields,
    notice && make("div.legal", { dir: "auto", tabIndex: 0, role: "group", "aria-label": say("notice") }, notice.text,
      make("small", {}, say("notice_version", { n: notice.version }))),
    notice && tick("consent", "consent", true),
    config.asks_page && tick("share", "share_page", false));
}
const tick = (name, word, required) => make("div.field.tick", {},
  make("label", {}, make("input", { type: "checkbox", name, id: `f-${name}`, required }), say(word)),
  make("p.slip", { id: `e-${name}`, hidden: true }));
const needsCard = () => startFields().length || config.notice || config.asks_page;
function onFieldKey(event) {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  const inputs = [...ui.log.querySelectorAll(".start input, .start select"), ui.text];
  inputs[inputs.indexOf(event.target) + 1].focus();
}

/** The answers; undefined where nothing was asked, null where something is missing. */
function collectStart() {
  const card = view.chat ? null : ui.log.querySelector(".start");
  if (!card) return undefined;
  const inputs = [...card.querySelectorAll("input, select")];
  const wrong = inputs.filter((input) => !input.checkValidity());
  for (const input of inputs) {
    const slip = shadow.getElementById(input.id.replace("f-", "e-"));
    const isWrong = wrong.includes(input);
    slip.hidden = !isWrong;
    slip.textContent = isWrong ? say(input.value && input.type === "email" ? "bad_email" : "required") : "";
    input.setAttribute("aria-invalid", String(isWrong));
    if (isWrong) input.setAttribute("aria-describedby", slip.id); else input.removeAttribute("aria-describedby");
  }
  if (wrong.length) { wrong[0].focus(); return null; }
  const fields = Object.fromEntries(inputs.filter((one) => one.type !== "checkbox" && one.value.trim()).map((one) => [one.name, one.value.trim()]));
  const shares = card.querySelector("[name=share]")?.checked;
  const start = { fields, ...(config.notice && { notice: config.notice.id }) };
  // Should their words have to begin another chat, they are not asked again.
  noteMe({ start });
  return shares ? { ...start, page: location.href, referrer: document.referrer } : start;
}
