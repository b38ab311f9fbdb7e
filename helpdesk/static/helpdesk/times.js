// Relative times grow older by themselves; the server wrote the first ones (core.moments).
import { reader, say } from "./words.js";

const exact = new Intl.DateTimeFormat(reader.language, { dateStyle: "medium", timeStyle: "medium", timeZone: reader.zone });
const thisYear = new Intl.DateTimeFormat(reader.language, { month: "short", day: "numeric", timeZone: reader.zone });
const anyYear = new Intl.DateTimeFormat(reader.language, { year: "numeric", month: "short", day: "numeric", timeZone: reader.zone });

export function shortAge(moment, now = Date.now()) {
  const seconds = (now - moment) / 1000;
  if (seconds < 60) return say("now");
  if (seconds < 3600) return say("minutes", { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return say("hours", { n: Math.floor(seconds / 3600) });
  if (seconds < 7 * 86400) return say("days", { n: Math.floor(seconds / 86400) });
  const isThisYear = moment.getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? thisYear : anyYear).format(moment);
}

export const exactTime = (moment) => exact.format(moment);

export function keepTimesFresh() {
  document.addEventListener("pointerover", ({ target }) => {
    if (target.matches?.("time[data-ago]:not([title])")) target.title = exactTime(new Date(target.dateTime));
  });
  setInterval(() => {
    if (document.hidden) return;
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const text = shortAge(new Date(time.dateTime));
      if (time.textContent !== text) time.textContent = text;
    }
  }, 20_000);
}
