// Configuration and words

let config = null;
let readAt = 0;
const language = () => page.lang || script.dataset.lang || navigator.language || "en";
const say = (name, holes = {}) => (config?.words?.[name] ?? "").replace(/\{(\w+)\}/g, (_, hole) => holes[hole] ?? "");
const configName = () => `${HERE}config:${language()}`;
/** The reader's own variety of the language: a British clock in English, too. */
const variety = () => navigator.languages.find((one) => one.slice(0, 2) === config.lang.slice(0, 2)) ?? config.lang;
const timeOf = (at) => new Intl.DateTimeFormat(variety(), { timeStyle: "short" }).format(new Date(at));
const dayKey = (at) => new Date(at).toDateString();
function dayOf(at) {
  const day = new Date(at);
  const apart = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 864e5);
  if (apart < 2) return say(apart ? "yesterday" : "today");
  const withYear = day.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(variety(), { day: "numeric", month: "long", ...withYear }).format(day);
}

async function readConfig() {
  const fresh = await ask("GET", `config/?lang=${encodeURIComponent(language())}`);
  readAt = Date.now();
  // Kept so that the next page has its launcher, in its colours, without waiting for us.
  kept.set(configName(), JSON.stringify(fresh));
  config = fresh;
  wear();
}
