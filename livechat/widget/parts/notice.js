// Being noticed

let title = "";
function paintBadge() {
  const n = unread();
  const isSeen = view.isOpen && view.name === "chat" && !document.hidden;
  ui.badge.textContent = n > 99 ? "99+" : n;
  ui.badge.hidden = !n || view.isOpen;
  ui.launcher.setAttribute("aria-label", view.isOpen ? say("close") : n ? say("open_unread", { n }) : say("open"));
  ui.launcher.title = ui.launcher.ariaLabel;
  const own = document.title.replace(/^\(\d+\) /, "");
  if (n && !isSeen) { title = `(${n}) ${own}`; document.title = title; }
  else if (title && document.title === title) { document.title = own; title = ""; }
}

function hear(room, message) {
  if (ui.isAway && view.isOpen) { ui.news.textContent = say("new_below"); ui.news.hidden = false; }
  const isWatched = view.isOpen && view.chat === room.id && !document.hidden;
  // Of several tabs the first one to write this down makes the sound.
  if (isWatched || kept.get(`${space()}heard`) === message.id) return;
  kept.set(`${space()}heard`, message.id);
  beep();
}

let audio = null;
/** Browsers allow sound only after somebody has pressed something. */
function readySound() {
  try { audio ??= new AudioContext(); } catch { /* no sound here */ }
}
function beep() {
  if (!audio || kept.get(QUIET) === "1") return;
  audio.resume().catch(() => {});
  [660, 880].forEach((frequency, at) => {
    const from = audio.currentTime + at * 0.12;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, from);
    volume.gain.exponentialRampToValueAtTime(0.06, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.2);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + 0.22);
  });
}

// Speaking first, where the configuration says so

function matches(glob) {
  const pattern = glob.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*");
  return !glob || new RegExp(`^${pattern}$`).test(glob.includes("://") ? location.href : location.pathname);
}
function planOffers() {
  for (const offer of config.proactive ?? []) {
    const name = `${HERE}offered:${offer.id}`;
    const rests = Date.now() - Number(kept.get(name) ?? 0) < (offer.per_days ?? 1) * 864e5;
    if (!rests && matches(offer.page)) setTimeout(() => makeOffer(offer, name), (offer.seconds ?? 0) * SECOND);
  }
}
function makeOffer(offer, name) {
  if (view.isOpen || ui.offer?.isConnected || me().chat || document.hidden) return;
  kept.set(name, Date.now());
  if (me().token) ask("POST", "shown/", { body: { id: offer.id } }).catch(() => {});
  const leave = () => { ui.offer.remove(); ui.launcher.focus(); };
  ui.offer = make("div.offer", { role: "status", onkeydown: (event) => { if (event.key === "Escape") leave(); } },
    make("button.words", { dir: "auto", onclick: () => openPanel() }, offer.text),
    iconButton("x", say("dismiss"), leave));
  ui.root.prepend(ui.offer);
}
