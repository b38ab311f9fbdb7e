// Copies as chips: typed, pasted, taken out by Backspace or a button. What is no address stays as it was typed.
import { say } from "../helpdesk/words.js";
import { toast } from "../helpdesk/toasts.js";

const ADDRESS = /^[^\s@,;<>"()]+@[^\s@,;<>"()]+\.[^\s@,;<>"().]+$/;
const ENDS = new Set(["Enter", ",", ";", " ", "，", "；"]);

class Chips {
  constructor(row, changed) {
    this.row = row;
    this.box = row.querySelector(".chips");
    this.input = row.querySelector("input");
    this.changed = changed;
    this.usual = (row.dataset.usual ?? "").split(" ").filter(Boolean);
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("input", () => { if (/[\s,;]\S/.test(this.input.value)) this.take(); else changed(); });
    this.input.addEventListener("blur", () => this.take());
    this.box.addEventListener("click", (event) => this.onClick(event));
  }

  get addresses() {
    const typed = this.input.value.split(/[\s,;，；]+/).filter(Boolean);
    return [...new Set([...[...this.box.children].map((chip) => chip.dataset.address), ...typed])];
  }

  set addresses(all) {
    this.input.value = "";
    this.box.replaceChildren();
    for (const address of all) this.add(address);
    this.row.hidden = all.length === 0;
  }

  take() {
    const left = [];
    for (const address of this.input.value.split(/[\s,;，；]+/).filter(Boolean)) {
      if (ADDRESS.test(address)) this.add(address); else left.push(address);
    }
    this.input.value = left.join(" ");
    this.input.toggleAttribute("aria-invalid", left.length > 0);
    this.changed();
    return left;
  }

  add(address) {
    if ([...this.box.children].some((chip) => chip.dataset.address.toLowerCase() === address.toLowerCase())) return;
    const chip = Object.assign(document.createElement("span"), { className: "chip", dir: "ltr" });
    chip.dataset.address = address;
    const gone = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    gone.setAttribute("aria-label", say("remove", { name: address }));
    chip.append(Object.assign(document.createElement("span"), { className: "cut", textContent: address }), gone);
    this.box.append(chip);
  }

  onKey(event) {
    if (event.isComposing) return;
    if (ENDS.has(event.key) && !event.ctrlKey && !event.metaKey && this.input.value.trim()) {
      event.preventDefault();
      const [wrong] = this.take();
      if (wrong) toast(say("composer.add_recipient", { address: wrong }), { key: "address" });
    } else if (event.key === "Backspace" && !this.input.value && this.box.lastElementChild) {
      event.preventDefault();
      this.input.value = this.box.lastElementChild.dataset.address;
      this.box.lastElementChild.remove();
      this.changed();
    }
  }

  onClick(event) {
    const chip = event.target.closest("button")?.closest(".chip");
    if (!chip) return;
    chip.remove();
    this.input.focus();
    this.changed();
  }
}

export class Recipients {
  constructor(composer, changed) {
    this.composer = composer;
    this.to = composer.querySelector("#to");
    this.to?.addEventListener("change", changed);
    this.rows = {};
    for (const row of composer.querySelectorAll("[data-chips]")) this.rows[row.dataset.chips] = new Chips(row, changed);
    this.set({});
  }

  /** What a draft says, else those who got the last message. */
  set({ to = "", cc = null, bcc = null }) {
    if (this.to && [...this.to.options].some((option) => option.value === to)) this.to.value = to;
    else if (this.to) this.to.selectedIndex = 0;
    this.rows.cc.addresses = cc === null ? this.rows.cc.usual : split(cc);
    this.rows.bcc.addresses = split(bcc ?? "");
    this.showLinks();
  }

  get values() {
    const isFirst = !this.to || this.to.selectedIndex === 0;
    return { to: isFirst ? "" : this.to.value, cc: this.rows.cc.addresses.join(", "), bcc: this.rows.bcc.addresses.join(", ") };
  }

  /** Whether anything differs from what it is without a hand of its author. */
  get isUsual() {
    const { to, cc, bcc } = this.values;
    return !to && !bcc && cc === this.rows.cc.usual.join(", ");
  }

  show(name) {
    this.rows[name].row.hidden = false;
    this.showLinks();
    this.rows[name].input.focus();
  }

  showLinks() {
    for (const link of this.composer.querySelectorAll("[data-cc]")) link.hidden = !this.rows[link.dataset.cc].row.hidden;
  }
}

const split = (text) => (Array.isArray(text) ? text : text.split(/[\s,;]+/)).filter(Boolean);
