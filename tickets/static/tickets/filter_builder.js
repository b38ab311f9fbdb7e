// The rows in which a filter is put together: field, question, value.
import { openMenu } from "../helpdesk/menus.js";
import { ask } from "../helpdesk/net.js";
import { say } from "../helpdesk/words.js";

const UNITS = ["min", "h", "d", "w"];
const FIRST = { field: "status", is: "any", value: ["unresolved"] };
const LOOK_UP_MS = 200;

export class FilterBuilder {
  constructor(form, changed) {
    this.form = form;
    this.changed = changed;
    this.sheet = form.closest("dialog");
    const { fields, filter, gone } = JSON.parse(this.sheet.querySelector("#view-builder").textContent);
    this.fields = new Map(fields.map((field) => [field.code, field]));
    this.rowPattern = this.sheet.querySelector("template[data-row]");
    this.menu = this.sheet.querySelector("#cond-options");
    for (const part of ["all", "any"]) {
      (filter[part] ?? []).forEach((condition, n) => this.add(part, condition, gone[`${part}.${n}`] ?? []));
    }
    form.addEventListener("click", (event) => this.onClick(event));
    this.menu.addEventListener("click", (event) => this.onChoice(event));
    this.menu.querySelector(".find input").addEventListener("input", (event) => this.onFind(event.target.value));
    this.menu.querySelector(".find input").addEventListener("keydown", (event) => this.onFindKey(event));
    this.menu.addEventListener("toggle", (event) => { if (event.newState === "closed") this.changed(); });
  }

  list(part) { return this.form.querySelector(`[data-part="${part}"] ul`); }

  onClick(event) {
    const add = event.target.closest("[data-add]");
    const remove = event.target.closest("[data-remove]");
    if (add) {
      const row = this.add(add.closest("[data-part]").dataset.part, this.list("all").children.length ? { ...FIRST, field: "priority", is: "at_least", value: "high" } : FIRST);
      row.querySelector("[data-field]").focus();
      this.changed();
    } else if (remove) {
      const row = remove.closest(".cond");
      const next = row.nextElementSibling ?? row.previousElementSibling;
      const part = row.closest("[data-part]");
      row.remove();
      (next?.querySelector("[data-field]") ?? part.querySelector("[data-add]")).focus();
      this.changed();
    }
  }

  // A row

  add(part, condition, gone = []) {
    const row = this.rowPattern.content.firstElementChild.cloneNode(true);
    const select = row.querySelector("[data-field]");
    for (const field of this.fields.values()) select.add(new Option(field.name, field.code));
    if (!this.fields.has(condition.field)) {      // an admin took it away since
      select.add(new Option(condition.field, condition.field));
      this.fields.set(condition.field, { code: condition.field, name: condition.field, ops: [{ code: condition.is, name: condition.is, input: "" }], options: [] });
    }
    select.value = condition.field;
    select.addEventListener("change", () => { this.fillOps(row); this.changed(); });
    row.querySelector("[data-op]").addEventListener("change", () => { this.fillValue(row); this.changed(); });
    this.fillOps(row, condition.is, condition.value);
    this.sayGone(row, condition.field, gone);
    this.list(part).append(row);
    return row;
  }

  fieldOf(row) { return this.fields.get(row.querySelector("[data-field]").value); }

  opOf(row) { return this.fieldOf(row).ops.find((op) => op.code === row.querySelector("[data-op]").value); }

  fillOps(row, chosen = "", value = undefined) {
    const select = row.querySelector("[data-op]");
    select.replaceChildren(...this.fieldOf(row).ops.map((op) => new Option(op.name, op.code)));
    if (chosen) select.value = chosen;
    this.fillValue(row, value);
  }

  fillValue(row, value = undefined) {
    const box = row.querySelector(".value");
    const kind = this.opOf(row)?.input ?? "";
    const kept = value ?? (kind === row.dataset.kind ? this.valueOf(row) : undefined);
    const isSameField = row.dataset.of === this.fieldOf(row).code;
    row.dataset.kind = kind;
    row.dataset.of = this.fieldOf(row).code;
    box.replaceChildren(...this.inputsFor(row, kind, isSameField || value !== undefined ? kept : undefined));
  }

  inputsFor(row, kind, value) {
    switch (kind) {
      case "many": return [this.manyFor(row, value ?? [])];
      case "one": return [this.oneFor(row, value)];
      case "span": return this.spanFor(value ?? "1 d");
      case "": return [];
    }
    const input = Object.assign(document.createElement("input"), { className: "form-control", type: kind, value: value ?? "", maxLength: 200 });
    if (kind === "number") input.step = "any";
    input.setAttribute("aria-label", say("value"));
    input.addEventListener("input", this.changed);
    return [input];
  }

  manyFor(row, values) {
    const button = this.sheet.querySelector("template[data-many]").content.firstElementChild.cloneNode(true);
    row.chosen = new Map(values.map((value) => [value, this.nameOf(row, value)]));
    button.addEventListener("click", () => this.openOptions(row, button));
    this.showChosen(row, button);
    return button;
  }

  nameOf(row, value) { return this.fieldOf(row).options.find(([code]) => code === value)?.[1] ?? value; }

  showChosen(row, button = row.querySelector(".picks")) {
    const words = [...row.chosen.values()].join(", ");
    button.querySelector(".cut").textContent = words || say("choose");
    button.setAttribute("aria-label", `${say("value")}: ${words || say("choose")}`);
    button.toggleAttribute("data-empty", row.chosen.size === 0);
  }

  oneFor(row, value) {
    const select = Object.assign(document.createElement("select"), { className: "form-select" });
    select.setAttribute("aria-label", say("value"));
    for (const [code, name] of this.fieldOf(row).options) select.add(new Option(name, code));
    if (value) select.value = value;
    select.addEventListener("change", this.changed);
    return select;
  }

  spanFor(value) {
    const [number, unit] = String(value).split(" ");
    const count = Object.assign(document.createElement("input"), { className: "form-control", type: "number", min: 0, max: 99999, value: number });
    count.setAttribute("aria-label", say("length"));
    count.addEventListener("input", this.changed);
    const units = Object.assign(document.createElement("select"), { className: "form-select" });
    units.setAttribute("aria-label", say("unit"));
    for (const code of UNITS) units.add(new Option(say(`units.${code}`), code));
    units.value = unit ?? "d";
    units.addEventListener("change", this.changed);
    return [count, units];
  }

  sayGone(row, field, gone) {
    if (!gone.length) return;
    const box = row.querySelector(".gone");
    box.hidden = false;
    box.textContent = say(gone[0] === "field" ? "field_gone" : "value_gone", { n: gone.length });
    if (!row.chosen) return;
    for (const value of gone) if (row.chosen.has(value)) row.chosen.set(value, say("gone_name"));
    this.showChosen(row);
  }

  // The menu of values

  openOptions(row, button) {
    this.row = row;
    const find = this.menu.querySelector(".find input");
    find.value = "";
    this.drawOptions("");
    openMenu(this.menu, button);
  }

  /** What is chosen first, so that it can be taken out again; what is not offered can be written. */
  drawOptions(wanted, found = null) {
    const field = this.fieldOf(this.row);
    const offered = found ?? field.options;
    const words = wanted.toLocaleLowerCase();
    const rows = [...this.row.chosen].concat(offered.filter(([code]) => !this.row.chosen.has(code)))
      .filter(([, name]) => !words || found || String(name).toLocaleLowerCase().includes(words));
    const isNew = wanted && field.free && !rows.some(([code]) => code === wanted);
    if (isNew) rows.unshift([wanted, say("add_value", { name: wanted }), wanted]);
    const pattern = this.sheet.querySelector("template[data-choice]");
    this.menu.querySelector("[data-options]").replaceChildren(...rows.map(([code, name, word]) => {
      const item = pattern.content.firstElementChild.cloneNode(true);
      item.querySelector(".cut").textContent = name;
      item.dataset.code = code;
      item.dataset.name = word ?? name;
      item.setAttribute("aria-pressed", String(this.row.chosen.has(code)));
      return item;
    }));
    this.menu.querySelector("[data-none]").hidden = rows.length > 0;
  }

  onFind(text) {
    const wanted = text.trim();
    clearTimeout(this.lookUp);
    if (!this.fieldOf(this.row).lookup) return this.drawOptions(wanted);
    this.lookUp = setTimeout(async () => {
      const url = `${this.form.dataset.people}?what=${this.fieldOf(this.row).code}&q=${encodeURIComponent(wanted)}`;
      try { this.drawOptions(wanted, JSON.parse((await ask(url)).text).found); } catch { this.drawOptions(wanted, []); }
    }, LOOK_UP_MS);
  }

  onFindKey(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    this.menu.querySelector("[data-options] .it")?.click();
  }

  onChoice(event) {
    const item = event.target.closest("[data-code]");
    if (!item) return;
    const { code, name } = item.dataset;
    if (this.row.chosen.has(code)) this.row.chosen.delete(code); else this.row.chosen.set(code, name);
    item.setAttribute("aria-pressed", String(this.row.chosen.has(code)));
    this.row.querySelector(".gone").hidden = true;
    this.showChosen(this.row);
  }

  // The filter

  valueOf(row) {
    const box = row.querySelector(".value");
    switch (row.dataset.kind) {
      case "many": return [...row.chosen.keys()];
      case "span": return [...box.children].map((input) => input.value).join(" ");
      case "": return undefined;
    }
    return box.firstElementChild?.value;
  }

  filter() {
    const part = (name) => [...this.list(name).children].map((row) => ({
      field: row.querySelector("[data-field]").value,
      is: row.querySelector("[data-op]").value,
      value: this.valueOf(row),
    }));
    return { all: part("all"), any: part("any") };
  }

  /** Whether every row says something: what is still being written is no mistake. */
  isComplete() {
    const { all, any } = this.filter();
    return [...all, ...any].every(({ value }) => value === undefined || (Array.isArray(value) ? value.length > 0 : !/^\s|^$/.test(value)));
  }

  /** The row a refusal speaks of, by its place: "all.2.value". */
  mark(place) {
    for (const row of this.form.querySelectorAll(".cond[data-wrong]")) row.removeAttribute("data-wrong");
    const [part, n] = (place ?? "").split(".");
    if (["all", "any"].includes(part)) this.list(part).children[Number(n)]?.setAttribute("data-wrong", "");
  }
}
