// The most urgent ticket one may work on, with the reason why it is that one.
import { ask } from "../helpdesk/net.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";

const REMEMBERED = 50;
let skipped = [];

async function openNext(button) {
  const url = button.dataset.next;
  const open = document.getElementById("thread")?.dataset.id;
  const skip = [...new Set([...skipped, ...(open ? [open] : [])])];
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(url, { data: { skip } });
    if (answer.status === 204) { skipped = []; toast(say("next_none"), { key: "next" }); return; }
    const found = JSON.parse(answer.text);
    const query = document.getElementById("list")?.dataset.query ?? "";
    document.dispatchEvent(new CustomEvent("ticket:open", { detail: { url: `${found.url}?${query}` } }));
    const words = `#${found.number} · ${found.reasons.join(", ")}`;
    if (found.taken) { toast(say("next_taken", { what: words }), { key: "next", seconds: 8 }); return; }
    toast(words, {
      key: "next", seconds: 8, label: say("next_skip"),
      undo: () => { skipped = [...skipped, found.id].slice(-REMEMBERED); openNext(button); },
    });
  } catch (error) {
    complain(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-next]");
  if (button) openNext(button);
});
