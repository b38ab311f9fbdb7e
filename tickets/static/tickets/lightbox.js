// Pictures and texts of a conversation in a sheet: arrows go on, Escape goes back.
import { ask } from "../helpdesk/net.js";
import { say } from "../helpdesk/words.js";

let dialog = null;
let shown = null;

function sheet() {
  if (dialog?.isConnected) return dialog;
  dialog = Object.assign(document.createElement("dialog"), { className: "lightbox", tabIndex: -1 });
  dialog.addEventListener("keydown", onKey);
  dialog.addEventListener("close", () => { shown?.focus(); dialog.replaceChildren(); });
  document.body.append(dialog);
  return dialog;
}

const all = () => [...document.querySelectorAll("#thread [data-look]")];

async function show(link) {
  shown = link;
  const box = sheet();
  const name = link.dataset.name;
  box.setAttribute("aria-label", name);
  const caption = Object.assign(document.createElement("p"), { textContent: name, dir: "auto" });
  const close = Object.assign(document.createElement("button"), { type: "button", className: "ib", textContent: "×" });
  close.setAttribute("aria-label", say("dismiss"));
  close.addEventListener("click", () => box.close());
  box.replaceChildren(close, await content(link, name), caption);
  if (!box.open) box.showModal();
  box.focus();
}

async function content(link, name) {
  if (link.dataset.look === "picture") return Object.assign(document.createElement("img"), { src: link.href, alt: name });
  const text = document.createElement("pre");
  text.dir = "auto";
  try { text.textContent = (await ask(link.dataset.text)).text; } catch { text.textContent = say("failed"); }
  return text;
}

function onKey(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step || event.target.closest("pre") && event.key.endsWith("n")) return;
  const links = all();
  const next = links[links.indexOf(shown) + step];
  if (next) { event.preventDefault(); show(next); }
}

export function listenForLooks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-look]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link);
  });
}
