// A rule put together as a sentence: when, if (groups within groups), then. What is shown is read
// into one JSON value, which is all that is sent.
import { ask } from "../helpdesk/net.js";

const CALM_MS = 250;
const UNITS = { min: 1, h: 60, d: 1440 };
const form = document.querySelector(".rule-form");
const told = JSON.parse(document.querySelector("#rule-builder").textContent);
const facts = new Map(told.facts.map((fact) => [fact.code, fact]));
const actions = new Map(told.actions.map((action) => [action.code, action]));
const words = told.words;

const find = (name) => form.querySelector(name);

function make(tag, values = {}, ...children) {
  const { label, ...rest } = values;
  const node = Object.assign(document.createElement(tag), rest);
  if (label) node.setAttribute("aria-label", label);
  node.append(...children);
  return node;
}

const icon = (name) => find(`template[data-icon="${name}"]`).content.cloneNode(true);

function button(label, name, act, isQuiet = false) {
  const node = make("button", { type: "button", className: isQuiet ? "ib" : "btn btn-quiet btn-sm" }, icon(name));
  if (isQuiet) { node.setAttribute("aria-label", label); node.title = label; } else node.append(label);
  node.addEventListener("click", act);
  return node;
}

function choice(pairs, value, label) {
  const node = make("select", { className: "form-select", label });
  for (const [code, name] of pairs) node.add(new Option(name, code));
  if (value !== undefined && value !== null) {
    if (!pairs.some(([code]) => code === String(value))) node.add(new Option(value, value));
    node.value = String(value);
  }
  return node;
}

// Values: each input kind makes its controls and says how they are read.

function input(type, value, label, more = {}) {
  return make("input", { className: "form-control", type, value: value ?? "", autocomplete: "off", label, ...more });
}

function spanInputs(minutes) {
  const unit = Object.keys(UNITS).reverse().find((code) => minutes && minutes % UNITS[code] === 0) ?? "h";
  const count = input("number", minutes ? minutes / UNITS[unit] : "", words.length, { min: 0, max: 99999, required: true });
  const units = choice(Object.keys(UNITS).map((code) => [code, words[code]]), unit, words.unit);
  return { nodes: [count, units], read: () => Math.round(Number(count.value || 0) * UNITS[units.value]) };
}

function manyInputs(options, values) {
  const chosen = new Map((values ?? []).map((value) => [String(value), options.find(([code]) => code === String(value))?.[1] ?? value]));
  const chips = make("span", { className: "rule-chips" });
  const pick = choice([["", words.add_value], ...options], "", words.add_value);
  const show = () => {
    chips.replaceChildren(...[...chosen].map(([code, name]) => {
      const chip = make("span", { className: "rule-chip" }, make("bdi", { textContent: name }));
      chip.append(button(`${words.remove}: ${name}`, "x", () => { chosen.delete(code); show(); pick.focus(); changed(); }, true));
      return chip;
    }));
  };
  pick.addEventListener("change", () => {
    if (pick.value) chosen.set(pick.value, pick.selectedOptions[0].text);
    pick.value = "";
    show();
    changed();
  });
  show();
  return { nodes: [chips, pick], read: () => [...chosen.keys()] };
}

const listed = (text) => text.split(/[,，]/).map((part) => part.trim()).filter(Boolean);
const joined = (value) => (Array.isArray(value) ? value.join(", ") : value);

function inputsFor(kind, options, value) {
  switch (kind) {
    case "": return { nodes: [], read: () => undefined };
    case "one": { const node = choice([["", words.choose], ...options], value, words.value); return { nodes: [node], read: () => node.value }; }
    case "many": return manyInputs(options, Array.isArray(value) ? value : undefined);
    case "words": { const node = input("text", joined(value), words.words, { placeholder: words.words }); return { nodes: [node], read: () => listed(node.value) }; }
    case "number": { const node = input("number", value, words.value, { step: "any" }); return { nodes: [node], read: () => node.value }; }
    case "span": return spanInputs(Number(value ?? 60));
    case "chance": {
      const code = choice([["", words.choose], ...options], value?.code, words.value);
      const sure = input("number", Math.round((value?.p ?? 0.7) * 100), words.sure, { min: 1, max: 100 });
      return { nodes: [code, sure, make("span", { textContent: "%" })], read: () => ({ code: code.value, p: Number(sure.value) / 100 }) };
    }
    case "pair": {
      const code = choice([["", words.choose], ...options], value?.[0], words.choose);
      const text = input("text", value?.[1], words.value);
      return { nodes: [code, text], read: () => [code.value, text.value] };
    }
  }
  const isLong = kind === "text" && !options;
  const node = isLong ? make("textarea", { className: "form-control", rows: 3, value: value ?? "", label: words.text }) : input("text", value, kind === "pattern" ? words.pattern : words.value);
  if (kind === "pattern") { node.classList.add("mono"); node.dir = "ltr"; node.spellcheck = false; }
  return { nodes: [node], read: () => node.value };
}

// Conditions

const groups = Object.entries(told.facts.reduce((found, fact) => ({ ...found, [fact.group]: [...(found[fact.group] ?? []), fact] }), {}));

function factSelect(code) {
  const node = make("select", { className: "form-select", label: words.fact });
  for (const [group, members] of groups) {
    const part = make("optgroup", { label: group });
    part.setAttribute("label", group);
    part.removeAttribute("aria-label");
    part.append(...members.map((fact) => new Option(fact.name, fact.code)));
    node.append(part);
  }
  if (code && !facts.has(code)) node.add(new Option(code, code));
  node.value = code ?? told.facts[0].code;
  return node;
}

function askRow(ask) {
  const row = make("li", { className: "rule-ask" });
  const value = make("span", { className: "rule-value" });
  const fact = factSelect(ask.fact);
  let op, read;
  const fillValue = (kept) => {
    const known = facts.get(fact.value);
    const kind = known?.ops.find((one) => one.code === op.value)?.input ?? "";
    const made = inputsFor(kind, known?.options ?? [], kept);
    read = made.read;
    value.replaceChildren(...made.nodes);
  };
  const fillOps = (chosen, kept) => {
    const ops = facts.get(fact.value)?.ops ?? [{ code: ask.is, name: ask.is }];
    const fresh = choice(ops.map((one) => [one.code, one.name]), chosen ?? ops[0].code, words.op);
    fresh.addEventListener("change", () => { fillValue(); changed(); });
    op?.replaceWith(fresh);
    op = fresh;
    fillValue(kept);
  };
  fact.addEventListener("change", () => { fillOps(); changed(); });
  row.append(fact);
  fillOps(ask.is, ask.value);
  row.append(op, value, button(words.remove, "x", () => drop(row), true));
  row.read = () => {
    const found = { fact: fact.value, is: op.value };
    const given = read();
    return given === undefined ? found : { ...found, value: given };
  };
  return row;
}

function groupBox(node, depth) {
  const way = ["all", "any", "not"].find((name) => name in node) ?? "all";
  const box = make(depth === 1 ? "div" : "li", { className: "rule-group" });
  const ways = choice(["all", "any", "not"].map((name) => [name, words[name]]), way, words.way);
  const parts = make("ul");
  const add = (part) => parts.append("fact" in part ? askRow(part) : groupBox(part, depth + 1));
  node[way]?.forEach(add);
  const tools = make("div", { className: "rule-tools" }, button(words.add_condition, "plus", () => grow(parts, () => add({ fact: told.facts[0].code, is: told.facts[0].ops[0].code }))));
  if (depth < told.deepest) tools.append(button(words.add_group, "plus", () => grow(parts, () => add({ any: [] }))));
  const head = make("div", { className: "rule-way" }, ways);
  if (depth > 1) head.append(button(words.remove_group, "trash-2", () => drop(box), true));
  box.append(head, parts, tools);
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", words[way]);
  ways.addEventListener("change", () => box.setAttribute("aria-label", words[ways.value]));
  box.read = () => ({ [ways.value]: [...parts.children].map((part) => part.read()) });
  return box;
}

function grow(parts, add) {
  add();
  parts.lastElementChild.querySelector("select")?.focus();
  changed();
}

function drop(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling ?? row.parentElement.parentElement;
  row.remove();
  next.querySelector("select, button")?.focus();
  changed();
}

// Steps

function stepRow(step) {
  const row = make("li", { className: "rule-step" });
  const value = make("span", { className: "rule-value" });
  const what = choice([["", words.choose], ...told.actions.map((action) => [action.code, action.name])], step.do ?? "", words.step);
  let read;
  const fill = (kept) => {
    const action = actions.get(what.value);
    const made = inputsFor(action?.input ?? "", action?.input === "text" ? undefined : action?.options ?? [], kept);
    read = made.read;
    value.replaceChildren(...made.nodes);
    row.classList.toggle("is-long", action?.input === "text");
  };
  what.addEventListener("change", () => { fill(); changed(); });
  fill(step.value);
  const shift = (way) => {
    const other = way === "up" ? row.previousElementSibling : row.nextElementSibling;
    other?.[way === "up" ? "before" : "after"](row);
    changed();
  };
  row.append(what, value, make("span", { className: "rule-moves" },
    button(words.up, "arrow-up", () => shift("up"), true), button(words.down, "arrow-down", () => shift("down"), true), button(words.remove, "x", () => drop(row), true)));
  row.read = () => {
    const given = read();
    return given === undefined ? { do: what.value } : { do: what.value, value: given };
  };
  return row;
}

// When

function boxes(place, pairs, chosen) {
  place.replaceChildren(...pairs.map(([code, name]) => {
    const box = make("input", { type: "checkbox", value: code, checked: chosen.includes(code) });
    return make("label", { className: "check" }, box, make("span", { textContent: name }));
  }));
}

const checked = (place) => [...place.querySelectorAll(":checked")].map((box) => box.value);
const wait = spanInputs(Math.abs(told.rule.when.minutes ?? 240));

function startWhen(when) {
  find("#rule-kind").value = when.kind ?? "event";
  boxes(find("[data-events]"), told.events, when.events ?? []);
  boxes(find("[data-days]"), told.days, when.days ?? told.days.slice(0, 5).map(([code]) => code));
  find("[data-wait]").append(...wait.nodes);
  find("[data-side]").value = when.minutes < 0 ? "before" : "after";
  for (const [code, name] of told.moments) find("[data-since]").add(new Option(name, code));
  find("[data-since]").value = when.since ?? "waiting";
  find("[data-working]").checked = Boolean(when.working);
  find("[data-at]").value = when.at ?? "09:00";
  find("[data-zone]").value = when.zone ?? document.documentElement.dataset.zone ?? "UTC";
  showWhen();
}

function showWhen() {
  const kind = find("#rule-kind").value;
  for (const part of form.querySelectorAll("[data-when]")) {
    part.hidden = part.dataset.when !== kind;
    for (const node of part.querySelectorAll("input, select")) node.disabled = part.hidden;
  }
}

function readWhen() {
  const kind = find("#rule-kind").value;
  switch (kind) {
    case "event": return { kind, events: checked(find("[data-events]")) };
    case "time": {
      const minutes = wait.read() * (find("[data-side]").value === "before" ? -1 : 1);
      return { kind, minutes, since: find("[data-since]").value, working: find("[data-working]").checked };
    }
    case "schedule": return { kind, days: checked(find("[data-days]")), at: find("[data-at]").value, zone: find("[data-zone]").value };
  }
  return { kind };
}

// Together

const steps = find("[data-steps]");
let tree, timer;

const read = () => ({ when: readWhen(), if: tree.read(), then: [...steps.children].map((row) => row.read()) });

function changed() {
  clearTimeout(timer);
  find("[name=body]").value = JSON.stringify(read());
  timer = setTimeout(tell, CALM_MS);
}

async function tell() {
  const asked = find("[name=body]").value;
  try {
    const { text } = await ask(form.dataset.sentence, { data: { body: asked } });
    if (find("[name=body]").value !== asked) return;
    const { words: sentence, problem } = JSON.parse(text);
    find("[data-words]").textContent = sentence;
    find("[data-problem]").textContent = problem;
    find("[data-problem]").hidden = !problem;
  } catch { /* it can be kept without */ }
}

tree = groupBox(told.rule.if, 1);
find("[data-tree]").append(tree);
steps.append(...told.rule.then.map(stepRow));
if (!steps.children.length) steps.append(stepRow({}));
find("[data-add-step]").addEventListener("click", () => grow(steps, () => steps.append(stepRow({}))));
startWhen(told.rule.when);
find("#rule-kind").addEventListener("change", showWhen);
form.addEventListener("change", changed);
form.addEventListener("input", changed);
changed();
