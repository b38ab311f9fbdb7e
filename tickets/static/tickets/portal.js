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
