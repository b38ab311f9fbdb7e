// Who else has this ticket open, and that we have it.
import { ask } from "../helpdesk/net.js";
import { listenHere, sayHere } from "../helpdesk/live.js";
import { say } from "../helpdesk/words.js";

const TYPING_MS = 6000;

export class Here {
  constructor(thread) {
    this.thread = thread;
    this.ticket = thread.dataset.id;
    this.box = thread.querySelector(".here");
    this.names = new Map();
    this.stop = listenHere((frame) => { if (frame.ticket === this.ticket) this.show(frame.people); });
    this.onVisible = () => this.say(document.hidden ? "none" : "viewing");
    document.addEventListener("visibilitychange", this.onVisible);
    this.onVisible();
  }

  close() {
    document.removeEventListener("visibilitychange", this.onVisible);
    clearTimeout(this.calm);
    this.stop();
    this.say("none");
  }

  say(state) {
    if (this.state === state) return;
    this.state = state;
    sayHere(this.ticket, state);
  }

  typed() {
    this.say("typing");
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.rest(), TYPING_MS);
  }

  rest() {
    clearTimeout(this.calm);
    if (!document.hidden) this.say("viewing");
  }

  async show(people) {
    const ids = Object.keys(people);
    if (ids.some((id) => !this.names.has(id))) await this.learn();
    const known = ids.filter((id) => this.names.has(id)).sort((a, b) => (people[b] === "typing") - (people[a] === "typing"));
    this.box.hidden = known.length === 0;
    this.box.replaceChildren(...known.map((id) => this.person(this.names.get(id), people[id])));
    if (known.some((id) => people[id] === "typing") || this.hadTyping) this.thread.querySelector("ticket-composer")?.saved?.look();
    this.hadTyping = known.some((id) => people[id] === "typing");
  }

  async learn() {
    try {
      const { people } = JSON.parse((await ask(`${this.thread.dataset.base}here/`)).text);
      for (const person of people) this.names.set(person.id, person);
    } catch { /* the next frame asks again */ }
  }

  person({ name, initials }, state) {
    const made = Object.assign(document.createElement("span"), { className: "who" });
    made.dataset.state = state;
    const face = Object.assign(document.createElement("span"), { className: "ava ava-s", textContent: initials });
    face.setAttribute("aria-hidden", "true");
    made.append(face, say(`composer.here.${state}`, { name }));
    return made;
  }
}
