// Answers on their way: sent later, sent now, and messages shown to somebody else.
import { ask, parse } from "../helpdesk/net.js";
import { complain, toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";
import { pick } from "./picking.js";

/** Ask when, then call `send(at)`; `at` is a time of the reader's own clock. */
export function chooseLater(composer, anchor, send) {
  document.getElementById("later-menu")?.remove();      // "tonight" of this morning is not that of now
  pick(composer.text, {
    id: "later-menu",
    url: "/tickets/later/",
    anchor,
    prepare: (menu) => menu.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      menu.hidePopover();
      send(new FormData(event.target).get("at"));
    }),
    chosen: (item) => send(item.dataset.at),
  });
}

export async function sendNow(thread, control) {
  control.disabled = true;
  try {
    thread.apply((await ask(control.dataset.sendNow, { data: { after: thread.head } })).text);
    toast(say("sending"), { key: "sending" });
  } catch (error) {
    control.disabled = false;
    complain(error);
  }
}

export async function openForward(thread, control) {
  control.closest(".menu")?.hidePopover();
  try {
    document.getElementById("forward-message")?.remove();
    document.body.append(parse((await ask(control.dataset.forward)).text));
  } catch (error) {
    complain(error);
    return;
  }
  const dialog = document.getElementById("forward-message");
  const form = dialog.querySelector("form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = new FormData(form);
    const wrong = form.querySelector(".wrong");
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const data = { to: said.get("to"), body: said.get("body") ?? "", files: said.getAll("files"), after: thread.head };
      const answer = await ask(form.dataset.forwardForm, { data });
      dialog.close();
      dialog.remove();
      if (thread.isConnected) thread.apply(answer.text);
      toast(say("composer.forwarded"), { key: "sending" });
    } catch (error) {
      button.disabled = false;
      wrong.hidden = false;
      wrong.textContent = error.message;
    }
  });
  dialog.showModal();
  form.elements.to.focus();
}
