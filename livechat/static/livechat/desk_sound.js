// Two short tones, made here: no file to fetch, and nothing before the first touch of the page,
// which is what browsers ask for.
const TONES = { offer: [[659, 0], [880, 0.14], [659, 0.5], [880, 0.64]], message: [[784, 0]] };
let context = null;

export const isMuted = () => localStorage.getItem("chat-sound") === "off";
export const setMuted = (muted) => { localStorage.setItem("chat-sound", muted ? "off" : "on"); };

function unlock() {
  if (context || !("AudioContext" in window)) return;
  context = new AudioContext();
}
for (const sign of ["pointerdown", "keydown"]) document.addEventListener(sign, unlock, { once: true, passive: true });

export function ring(kind) {
  if (isMuted() || context?.state !== "running") return;
  for (const [pitch, after] of TONES[kind]) tone(pitch, context.currentTime + after);
}

function tone(pitch, at) {
  const oscillator = new OscillatorNode(context, { frequency: pitch, type: "sine" });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.12, at + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.28);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.3);
}
