// Writing a flow: what is wrong is said while it is written, and it can be tried beside it.
import { ask } from "../helpdesk/net.js";

const CALM_MS = 500;

class FlowEditor extends HTMLElement {
  connectedCallback() {
    this.outline = this.querySelector("textarea");
    this.lines = this.querySelector("[data-lines]");
    this.count = this.querySelector("[data-count]");
    this.said = this.querySelector("[data-said]");
    this.form = this.querySelector("[data-try]");
    this.state = "";
    this.before = this.outline.value;
    this.outline.addEventListener("input", () => this.soon());
    this.outline.addEventListener("keydown", (event) => this.indent(event));
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.say(this.form.elements.text.value); });
    this.querySelector("[data-again]").addEventListener("click", () => this.begin());
    this.outline.form.addEventListener("submit", () => { this.isSent = true; });
    window.addEventListener("beforeunload", (event) => {
      if (!this.isSent && this.outline.value !== this.before) event.preventDefault();
    });
    this.check();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), CALM_MS);
  }

  /** Enter keeps the depth of the line before; Tab stays the browser's, so that nobody is caught. */
  indent(event) {
    if (event.key !== "Enter" || event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey) return;
    const field = this.outline;
    const line = field.value.slice(0, field.selectionStart).split("\n").at(-1);
    const depth = line.match(/^ */)[0];
    if (!depth) return;
    event.preventDefault();
    if (!document.execCommand("insertText", false, `\n${depth}`)) {
      field.setRangeText(`\n${depth}`, field.selectionStart, field.selectionEnd, "end");
      this.soon();
    }
  }

  async check() {
    const asked = this.outline.value;
    try {
      const told = JSON.parse((await ask(this.dataset.check, { data: { outline: asked } })).text);
      if (asked === this.outline.value) this.show(told);
    } catch { this.count.textContent = this.dataset.failed; }
  }

  show({ problems, steps }) {
    const rows = problems.length ? problems : steps;
    this.count.textContent = problems.length ? this.dataset.wrong.replace("{n}", problems.length) : this.dataset.right;
    this.count.dataset.tone = problems.length ? "bad" : "ok";
    this.lines.replaceChildren(...rows.map(({ line, words }) => this.row(line, words, problems.length > 0)));
  }

  row(line, words, isWrong) {
    const item = document.createElement("li");
    const number = document.createElement("button");
    number.type = "button";
    number.textContent = line;
    number.setAttribute("aria-label", this.dataset.line.replace("{n}", line));
    number.addEventListener("click", () => this.goTo(line));
    const text = document.createElement("span");
    if (isWrong) text.className = "wrong";
    text.dir = "auto";
    text.textContent = words;
    item.append(number, text);
    return item;
  }

  goTo(line) {
    const before = this.outline.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = this.outline.value.indexOf("\n", before);
    this.outline.focus();
    this.outline.setSelectionRange(before, end < 0 ? this.outline.value.length : end);
  }

  begin() {
    this.state = "";
    this.said.replaceChildren();
    this.form.elements.text.focus();
  }

  async say(text) {
    if (!text.trim()) return;
    this.add(text, "customer");
    this.form.elements.text.value = "";
    const proved = this.form.elements.proved.checked ? "yes" : "";
    try {
      const data = { outline: this.outline.value, state: this.state, text, proved };
      this.hear(JSON.parse((await ask(this.dataset.try, { data })).text));
    } catch { this.add(this.dataset.failed, "trace"); }
    this.form.elements.text.focus();
  }

  hear({ said, state, reason, trace = [], problem }) {
    this.state = JSON.stringify(state);
    if (problem) this.add(problem, "trace");
    for (const one of said) this.add(one.text, "bot");
    const quick = said.flatMap((one) => one.quick);
    if (quick.length) this.said.append(this.quick(quick));
    if (trace.length) this.add(trace.join(" · "), "trace");
    if (reason) this.add(this.dataset.handed.replace("{reason}", reason), "trace");
    this.said.scrollTop = this.said.scrollHeight;
  }

  add(text, by) {
    const line = document.createElement("p");
    line.dataset.by = by;
    line.dir = "auto";
    line.textContent = text;
    this.said.append(line);
  }

  quick(texts) {
    const box = document.createElement("div");
    box.className = "flow-quick";
    for (const text of texts) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-quiet btn-sm";
      button.textContent = text;
      button.addEventListener("click", () => this.say(text));
      box.append(button);
    }
    return box;
  }
}

customElements.define("flow-editor", FlowEditor);
