// The portal works without this; it only says what was picked and closes menus.
for (const input of document.querySelectorAll(".pick input[type=file]")) {
  const words = input.closest(".pick").querySelector("[data-picked]");
  const before = words.textContent;
  input.addEventListener("change", () => {
    const [first] = input.files;
    words.textContent = input.files.length > 1 ? words.dataset.picked.replace("{n}", input.files.length) : first?.name ?? before;
  });
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});
// The same text is not sent twice by an impatient hand.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    addEventListener("pageshow", () => { delete form.dataset.sent; }, { once: true });
  });
}

// While the words of a request are typed, what may answer it already appears below them.
const helps = document.querySelector("[data-helps][data-url]");
if (helps) {
  const form = helps.closest("form");
  const field = form.querySelector("input:not([type=hidden]), textarea");
  let timer = 0, asking = null, shown = "";
  const ask = async () => {
    const words = field.value.trim();
    if (words === shown) return;
    shown = words;
    asking?.abort();
    asking = new AbortController();
    const body = new URLSearchParams({ words, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
    try {
      const answer = await fetch(helps.dataset.url, { method: "POST", body, signal: asking.signal });
      // Somebody who opened one of them is reading: it stays until they are done.
      if (answer.ok && !helps.querySelector("details[open]")) helps.innerHTML = await answer.text();
    } catch { /* Without a connection nothing is suggested; sending says what is wrong. */ }
  };
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 300); });
  if (field.value) ask();
}
