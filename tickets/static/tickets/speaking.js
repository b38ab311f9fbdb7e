// What is different in the box while one talks in a chat: Enter sends, and nobody is addressed.
import { say } from "../helpdesk/words.js";

const KEPT = "enter-sends";
const byEnter = () => localStorage.getItem(KEPT) !== "no";
const isChat = (composer) => composer.dataset.channel === "chat";

/** What an answer does with the ticket unless somebody chooses otherwise. */
export const usualThen = (composer) => (isChat(composer) ? "open" : "waiting_customer");

/** Not while a word is being put together, as Chinese and Japanese are typed. */
export function sendsByEnter(event, composer) {
  const isPlain = event.key === "Enter" && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
  return isPlain && isChat(composer) && event.target === composer.text && !event.isComposing && event.keyCode !== 229 && byEnter();
}

export function switchEnter(composer) {
  localStorage.setItem(KEPT, byEnter() ? "no" : "yes");
  showChannel(composer);
  composer.querySelector("#send-menu").hidePopover();
  composer.text.focus();
}

/** Who chats is not told that a note is being typed. */
export const isHeard = (composer) => !(isChat(composer) && composer.isNote);

export function showChannel(composer) {
  composer.querySelector("[data-enter-sends]")?.setAttribute("aria-checked", String(byEnter()));
  const hint = composer.querySelector(".hint");
  hint.textContent = say(isChat(composer) && byEnter() ? "sends.enter" : "sends.ctrl_enter");
  if (isChat(composer) && !composer.isNote && composer.then === "open") composer.querySelector('[type="submit"] span').textContent = say("send.chat");
}

export function speakBy(composer, channel) {
  if (composer.dataset.channel === channel) return;
  const wasUsual = composer.then === usualThen(composer);
  composer.dataset.channel = channel;
  if (wasUsual) composer.then = usualThen(composer);
  composer.showMode();
}
