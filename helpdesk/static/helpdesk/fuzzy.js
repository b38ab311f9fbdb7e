// How well a name fits what was typed: whole words first, then parts, then letters in their order.

/** Case, width and accents do not count; Chinese stays as it is. */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();

const isStart = (text, at) => at === 0 || /[\s:#·/(（“-]|\p{Script=Han}/u.test(text[at - 1]);

function scoreOfWord(text, word) {
  const at = text.indexOf(word);
  if (at >= 0) return (isStart(text, at) ? 20 : 12) + word.length - Math.min(at, 10) / 10;
  let last = -1;
  let gaps = 0;
  for (const sign of word) {
    const next = text.indexOf(sign, last + 1);
    if (next < 0) return 0;
    if (last >= 0) gaps += next - last - 1;
    last = next;
  }
  return gaps > word.length * 3 ? 0 : Math.max(1, 8 - gaps / 2);
}

/** 0 if a word of the query is not in the name. */
export function scoreOf(name, query) {
  const text = plain(name);
  let total = 0;
  for (const word of plain(query).split(/\s+/).filter(Boolean)) {
    const score = scoreOfWord(text, word);
    if (!score) return 0;
    total += score;
  }
  return total - text.length / 200;
}

/** Those that fit, the best first, each with its score. */
export function best(ones, query, nameOf, bonusOf = () => 0) {
  return ones
    .map((one) => ({ ...one, score: scoreOf(nameOf(one), query) }))
    .filter((one) => one.score > 0)
    .map((one) => ({ ...one, score: one.score + bonusOf(one) }))
    .sort((a, b) => b.score - a.score);
}
