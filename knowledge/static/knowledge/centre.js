// Without this the form asks for a page of results; with it they appear while somebody types.
const form = document.querySelector("form.seek");
if (form) {
  const field = form.querySelector("input[type=search]");
  const box = form.querySelector(".instant");
  const told = form.querySelector("[data-count]");
  let timer = 0, asking = null, shown = field.value.trim();

  const close = () => { box.hidden = true; };
  const links = () => [...box.querySelectorAll("a")];

  const tell = (n) => { told.textContent = n === 0 ? told.dataset.none : n === 1 ? told.dataset.one : told.dataset.many.replace("{n}", n); };

  const ask = async () => {
    const words = field.value.trim();
    if (words === shown) return;
    shown = words;
    asking?.abort();
    if (!words) { close(); return; }
    asking = new AbortController();
    try {
      const body = new URLSearchParams({ q: words, csrfmiddlewaretoken: box.dataset.token });
      const answer = await fetch(form.dataset.find, { method: "POST", body, signal: asking.signal });
      if (!answer.ok || field.value.trim() !== words) return;
      box.innerHTML = await answer.text();
      box.hidden = !box.childElementCount;
      tell(links().length);
    } catch { /* Without a connection nothing appears; sending the form says what is wrong. */ }
  };

  field.addEventListener("input", (event) => { if (!event.isComposing) { clearTimeout(timer); timer = setTimeout(ask, 120); } });
  field.addEventListener("compositionend", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !box.hidden) { event.preventDefault(); close(); field.focus(); return; }
    if (box.hidden || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const all = [field, ...links()];
    const at = all.indexOf(document.activeElement);
    if (at < 0 || all.length < 2) return;
    event.preventDefault();
    all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length].focus();
  });
  document.addEventListener("click", (event) => { if (!form.contains(event.target)) close(); });
}
