// What somebody wrote while one was writing: shown above the box, with the words one's own answer does not have.
import { say } from "../helpdesk/words.js";

const WORD = Intl.Segmenter ? new Intl.Segmenter(undefined, { granularity: "word" }) : null;

function wordsOf(text) {
  if (!WORD) return text.split(/(\s+)/).map((segment) => ({ segment, isWordLike: /\w/.test(segment) }));
  return [...WORD.segment(text)];
}

const plain = (word) => word.toLocaleLowerCase();

/** The text with a mark around each run of words that `known` does not have. */
function marked(text, known) {
  const line = document.createElement("div");
  let run = null;
  for (const { segment, isWordLike } of wordsOf(text)) {
    const isNew = isWordLike ? !known.has(plain(segment)) : run !== null && /^\s*$/.test(segment) && !segment.includes("\n");
    if (isNew && !run) { run = document.createElement("mark"); line.append(run); }
    if (!isNew) run = null;
    (run ?? line).append(segment);
  }
  return line;
}

function shown(message, draft) {
  const made = document.createElement("article");
  made.dataset.from = message.kind === "note" ? "note" : message.colleague ? "agent" : "customer";
  const head = Object.assign(document.createElement("b"), { textContent: message.author, dir: "auto" });
  const said = message.colleague && message.kind !== "note" ? marked(message.body.trim(), new Set(wordsOf(draft).filter((w) => w.isWordLike).map((w) => plain(w.segment)))) : Object.assign(document.createElement("div"), { textContent: message.body.trim() });
  said.className = "said";
  said.dir = "auto";
  made.append(head, message.kind === "note" ? ` · ${say("composer.unseen_note")}` : "", said);
  return made;
}

function button(words, name, classes) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: classes, textContent: words });
  made.dataset[name] = "";
  return made;
}

export function linkButton(words, act) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: words });
  button.addEventListener("click", (event) => {
    const box = event.target.closest("ticket-composer");
    act();
    box.text.focus();
  });
  return button;
}

export function showUnseen(box, unseen, draft) {
  const names = [...new Set(unseen.map((message) => message.author).filter(Boolean))].join(", ");
  const title = Object.assign(document.createElement("h3"), { id: "unseen-title", textContent: say("composer.unseen_title", { name: names }) });
  const list = Object.assign(document.createElement("div"), { className: "news", tabIndex: 0 });
  list.setAttribute("role", "group");
  list.setAttribute("aria-labelledby", "unseen-title");
  list.append(...unseen.map((message) => shown(message, draft)));
  const acts = Object.assign(document.createElement("div"), { className: "acts" });
  if (list.querySelector("mark")) acts.append(Object.assign(document.createElement("span"), { className: "meta", textContent: say("composer.unseen_marked") }));
  acts.append(button(say("composer.unseen_edit"), "edit", "btn btn-quiet btn-sm"), button(say("send_anyway"), "anyway", "btn btn-primary btn-sm"));
  box.replaceChildren(title, list, acts);
  box.hidden = false;
  acts.querySelector("[data-edit]").focus();
}
