// Markdown by buttons and keys: what is selected gets its signs, or loses them again.
import { insertText } from "./picking.js";
import { say } from "../helpdesk/words.js";

const AROUND = { bold: "**", italic: "*", code: "`" };
const BEFORE = { list: () => "- ", quote: () => "> ", numbers: (line) => `${line + 1}. ` };
const MARKED = { list: /^[-*+] /, quote: /^> ?/, numbers: /^\d+[.)] / };
export const KEYS = { b: "bold", i: "italic" };      // a link has the shift key besides, as Ctrl-K is the palette's everywhere

export function format(field, kind) {
  if (kind in AROUND) wrap(field, AROUND[kind]);
  else if (kind === "link") link(field);
  else mark(field, kind);
}

function wrap(field, sign) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  const chosen = value.slice(start, end);
  const isWrapped = value.slice(start - sign.length, start) === sign && value.slice(end, end + sign.length) === sign;
  if (isWrapped) {
    field.setSelectionRange(start - sign.length, end + sign.length);
    insertText(field, chosen, { select: chosen });
    return;
  }
  const mark = sign === "`" && chosen.includes("\n") ? "\n```\n" : sign;
  const words = chosen || say("composer.text_here");
  insertText(field, `${mark}${words}${mark}`, { select: words });
}

function link(field) {
  const chosen = field.value.slice(field.selectionStart, field.selectionEnd);
  const isAddress = /^(https?:\/\/|mailto:)\S+$/.test(chosen);
  const words = isAddress ? say("composer.link_text") : chosen || say("composer.link_text");
  const address = isAddress ? chosen : "https://";
  insertText(field, `[${words}](${address})`, { select: isAddress ? words : address });
}

/** Whole lines: all of them get the sign, or all lose it. */
function mark(field, kind) {
  const from = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const next = field.value.indexOf("\n", field.selectionEnd);
  const to = next < 0 ? field.value.length : next;
  const lines = field.value.slice(from, to).split("\n");
  const isOn = lines.every((line) => MARKED[kind].test(line));
  const changed = lines.map((line, at) => (isOn ? line.replace(MARKED[kind], "") : BEFORE[kind](at) + line)).join("\n");
  const gap = !isOn && from > 0 && field.value[from - 2] !== "\n" && from > 1 ? "\n" : "";
  field.setSelectionRange(from, to);
  insertText(field, gap + changed);
}

export const quoted = (words) => words.trim().split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");
