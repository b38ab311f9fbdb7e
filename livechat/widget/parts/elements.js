// Making elements

/** make("button.pill.quiet", {onclick, title}, child, …); names with "on" are listeners, and what is no property is an attribute. */
function make(kind, attributes = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  // Without a type it would send the form around it.
  if (tag === "button") element.type = "button";
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list" && name !== "form") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const ICONS = {
  chat: "M7.9 20A9 9 0 1 0 4 16.1L2 22Z",
  down: "m6 9 6 6 6-6",
  x: "M18 6 6 18M6 6l12 12",
  back: "m15 18-6-6 6-6",
  next: "m9 18 6-6-6-6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  clip: "m16 6-8.414 8.586a2 2 0 0 0 2.829 2.829l8.414-8.586a4 4 0 1 0-5.657-5.657l-8.379 8.551a6 6 0 1 0 8.485 8.485l8.379-8.551",
  smile: "M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0ZM8 14s1.5 2 4 2 4-2 4-2M9 9h.01M15 9h.01",
  up: "m5 12 7-7 7 7M12 19V5",
  file: "M15 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V7ZM14 2v4a2 2 0 0 0 2 2h4",
};
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  if (name === "back" || name === "next") svg.setAttribute("class", "flip");
  svg.append(path);
  return svg;
}
const iconButton = (name, label, onclick, more = {}) =>
  make("button.ib", { title: label, "aria-label": label, onclick, ...more }, icon(name));

// What people wrote, as nodes

const ADDRESS = /https?:\/\/[^\s<>"'“”‘’（）【】，。；！？]+[^\s<>"'“”‘’（）【】，。；！？.,;:!?)\]]/g;
const outside = (href, ...children) => make("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
function linked(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(ADDRESS)) {
    nodes.push(text.slice(from, found.index), outside(found[0], found[0]));
    from = found.index + found[0].length;
  }
  return [...nodes, text.slice(from)];
}

const PLAIN = new Set("p b strong i em u s ul ol li blockquote code pre".split(" "));
const BLOCKS = /^(div|h\d|tr)$/;
const MARKUP = /<(\/?)(\w+)((?:"[^"]*"|[^">])*)>|<[^>]*>|([^<]+)/g;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const unescaped = (text) => text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (all, decimal, hex, name) =>
  (name ? ENTITIES[name] ?? all : String.fromCodePoint(decimal ? +decimal : parseInt(hex, 16))));
/** Our own sanitised markup, element by element: no parser of the browser is asked, which a page may forbid. */
function rich(html) {
  const open = [make("div.rich")];
  for (const [, closes, name = "", attributes, text] of html.matchAll(MARKUP)) {
    const tag = name.toLowerCase();
    const inside = open.at(-1);
    if (text) inside.append(unescaped(text));
    else if (tag === "br") inside.append(make("br"));
    else if (closes) open.length = Math.max(1, open.findLastIndex((one) => one.stands === tag)) || 1;
    else if (tag && tag !== "img" && tag !== "hr") {
      const href = tag === "a" ? unescaped(attributes.match(/href="([^"]*)"/)?.[1] ?? "") : "";
      const element = /^(https?|mailto|tel):/i.test(href) ? outside(href) : make(PLAIN.has(tag) ? tag : BLOCKS.test(tag) ? "p" : "span");
      inside.append(element);
      open.push(Object.assign(element, { stands: tag }));
    }
  }
  return open[0];
}
const textOf = (message) => (message.html && message.from !== "visitor" ? rich(message.html) : make("div.plain", {}, ...linked(message.text)));
