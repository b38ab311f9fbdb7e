// Writing articles: the preview is made by the server, so that it looks as readers will see it.
import { ask } from "../helpdesk/net.js";

for (const field of document.querySelectorAll("[data-writing]")) {
  const button = field.querySelector("[data-preview]");
  const text = field.querySelector("textarea");
  const box = field.querySelector("[data-shown]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const isOn = box.hidden;
    button.setAttribute("aria-pressed", String(isOn));
    box.hidden = !isOn;
    text.hidden = isOn;
    if (!isOn) { text.focus(); return; }
    if (!text.value.trim()) { box.textContent = box.dataset.empty; return; }
    try {
      box.innerHTML = (await ask(field.dataset.writing, { data: { body: text.value } })).text;      // cleaned there
    } catch {
      box.textContent = box.dataset.failed;
    }
  });
}

// What was written is not lost by a wrong click.
for (const form of document.querySelectorAll("form:has([data-writing])")) {
  const before = new URLSearchParams(new FormData(form)).toString();
  let isSent = false;
  form.addEventListener("submit", () => { isSent = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!isSent && new URLSearchParams(new FormData(form)).toString() !== before) event.preventDefault();
  });
}

for (const select of document.querySelectorAll("select[data-submits]")) select.addEventListener("change", () => select.form.requestSubmit());
