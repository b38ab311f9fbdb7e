// Telling this browser while no page of ours is open.
import { ask } from "../helpdesk/net.js";
import { complain, toast } from "../helpdesk/toasts.js";

const button = document.querySelector("[data-push-key]");
const words = button?.dataset;

function bytesOf(text) {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function show(subscription) {
  button.hidden = false;
  button.setAttribute("aria-pressed", String(Boolean(subscription)));
  button.querySelector("span").textContent = subscription ? words.on : words.off;
}

async function turnOn(registration) {
  if ((await Notification.requestPermission()) !== "granted") { toast(words.denied, { level: "error" }); return; }
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(words.pushKey) });
  const { endpoint, keys } = made.toJSON();
  try {
    await ask("/news/push/", { data: { endpoint, ...keys } });
  } catch (error) {
    await made.unsubscribe();
    throw error;
  }
}

async function turnOff(subscription) {
  await ask("/news/push/remove/", { data: { endpoint: subscription.endpoint } });
  await subscription.unsubscribe();
}

async function start() {
  const registration = await navigator.serviceWorker.register("/sw.js");
  show(await registration.pushManager.getSubscription());
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const subscription = await registration.pushManager.getSubscription();
      if (subscription) await turnOff(subscription); else await turnOn(registration);
      show(await registration.pushManager.getSubscription());
    } catch (error) {
      complain(error);
    } finally {
      button.disabled = false;
    }
  });
}

if (button && "serviceWorker" in navigator && "PushManager" in window) start().catch(() => {});
