// Sentences in the reader's language, from the data blocks of the page.
const words = {};

/** Take the sentences in from a part that came later, or from the page itself. */
export function learn(root) {
  for (const block of root.querySelectorAll("script[data-words]")) Object.assign(words, JSON.parse(block.textContent));
}
learn(document);

export function say(path, values = {}) {
  const text = path.split(".").reduce((found, key) => found?.[key], words);
  if (typeof text !== "string") return "";
  return text
    .replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "")
    .replace(/%\((\w+)\)[ds]/g, (_, key) => values[key] ?? "");
}

export const reader = {
  language: document.documentElement.lang || "en",
  zone: document.documentElement.dataset.zone || "UTC",
};
