// What one may ask for besides

const hasAgent = (room) => room?.info.state === "active" && room.info.agent;
function callPerson() {
  if (!view.chat && !outgoing().some((one) => !one.chat)) {
    const start = collectStart();
    if (start === null) return;
    put({ text: ui.text.value.trim() || say("person_please"), start: start ?? { fields: {} } });
    clearText();
  }
  put({ act: "person" });
  announce("person_called");
}
const reasonOf = (problem) => (config.words[problem.code] ? problem.code : "failed");
async function endChat() {
  const room = roomOf(view.chat);
  try {
    await ask("POST", `chats/${room.id}/end/`, { body: {} });
    await readChanges(room);
  } catch (problem) { announce(reasonOf(problem)); }
}

/** A question of its own in place of the messages: a few words, one field, a button. */
function askFor({ title, words, field, button, submit: act }) {
  if (view.name !== "pane") view.from = view.name === "chat" ? view.chat : "";
  show("pane", view.chat);
  const input = make("input", { ...field.input, id: "answer", dir: "auto", required: true });
  const slip = make("p.slip", { id: "e-answer", role: "alert", hidden: true });
  const go = make("button", { type: "submit", className: "wide" }, say(button));
  const onsubmit = async (event) => {
    event.preventDefault();
    slip.hidden = input.checkValidity();
    slip.textContent = slip.hidden ? "" : say(field.wrong);
    if (!slip.hidden) { input.focus(); return; }
    go.disabled = true;
    try { await act(input.value.trim()); }
    catch (problem) {
      slip.textContent = say(reasonOf(problem));
      slip.hidden = false;
      input.focus();
    } finally { go.disabled = false; }
  };
  ui.pane.hidden = false;
  ui.pane.replaceChildren(make("form.card", { noValidate: true, onsubmit },
    make("h2", {}, say(title)), make("p", {}, words),
    make("div.field", {}, make("label", { htmlFor: "answer" }, say(field.label)), input, slip),
    go, make("button.plain-button", { onclick: stepBack }, say("cancel"))));
  paint();
  input.focus();
}
const EMAIL = () => ({
  label: "email", wrong: "bad_email",
  input: { type: "email", autocomplete: "email", value: me().start?.fields?.email ?? "" },
});
const CODE = () => ({
  label: "code", wrong: "bad_code",
  input: { inputMode: "numeric", autocomplete: "one-time-code", pattern: "\\s*\\d{3}\\s?\\d{3}\\s*" },
});

function askTranscript() {
  const chat = view.chat;
  askFor({
    title: "transcript", words: say("transcript_words"), field: EMAIL(), button: "transcript_go",
    submit: async (email) => {
      await ask("POST", `chats/${chat}/transcript/`, { body: { email } });
      show("chat", chat);
      announce("transcript_sent", { email });
    },
  });
}
function askAddress() {
  askFor({
    title: "verify", words: say("verify_words"), field: EMAIL(), button: "verify_go",
    submit: async (email) => {
      await beKnown();
      await ask("POST", "verify/", { body: { email } });
      askCode(email);
    },
  });
}
function askCode(email) {
  askFor({
    title: "verify", words: say("code_words", { email }), field: CODE(), button: "confirm",
    submit: async (code) => {
      await ask("POST", "verify/confirm/", { body: { email, code: code.replace(/\s/g, "") } });
      noteMe({ verified: true });
      await readMe();
      if (listed.length && !me().chat) show("home"); else show("chat", me().chat ?? "");
      announce("verified", { email });
    },
  });
}

let announceTimer = 0;
function announce(word, holes) {
  ui.said = say(word, holes);
  clearTimeout(announceTimer);
  announceTimer = setTimeout(() => { ui.said = ""; paint(); }, 6 * SECOND);
  paint();
}
