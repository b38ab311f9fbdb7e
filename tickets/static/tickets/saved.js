// The draft on the server: kept a moment after typing, never over a newer one from another tab, and again when the line is back.
import { ask, Offline } from "../helpdesk/net.js";
import { afterPaint } from "../helpdesk/painted.js";
import { say } from "../helpdesk/words.js";

const CALM_MS = 800;
const LOOK_MS = 1500;

export class SavedDraft {
  constructor(composer) {
    this.composer = composer;
    this.url = `${composer.thread.dataset.base}drafts/`;
    this.version = 0;
    this.kind = "";
    this.isShared = false;
    this.onLine = () => this.save();
    addEventListener("online", this.onLine);
    afterPaint(() => { if (composer.isConnected) this.load(); });
  }

  close() {
    removeEventListener("online", this.onLine);
    clearTimeout(this.looking);
    if (this.waiting) { clearTimeout(this.waiting); this.waiting = 0; this.save(); }
  }

  async load() {
    try {
      const { mine, shared } = JSON.parse((await ask(this.url)).text);
      if (!this.composer.isConnected) return;
      this.showShared(shared);
      this.meet(mine.at(-1) ?? null);
    } catch { /* the copy in this tab is there */ }
    this.isLoaded = true;
  }

  /** What the server has, and what this tab has. */
  meet(remote) {
    const local = this.composer.isEmpty ? null : this.composer.content;
    if (!remote) { if (local && this.composer.wasSaved && !this.composer.isTouched) this.composer.drop(); else if (local) this.saveSoon(); return; }
    if (!local) { this.take(remote); return; }
    this.kind = remote.kind;
    if (remote.body === local.body && remote.kind === local.mode) { this.version = remote.version; return; }
    if (this.composer.basis === remote.version && remote.kind === local.mode) { this.version = remote.version; this.saveSoon(); return; }
    this.conflict(remote);
  }

  take(draft) {
    this.version = draft.version;
    this.kind = draft.kind;
    this.isShared = Boolean(draft.shared);
    const { to = [], cc = null, bcc = [] } = draft.copies ?? {};
    this.composer.content = { ...this.composer.content, mode: draft.kind, body: draft.body, to: to[0] ?? "", cc: cc === null ? null : cc.join(", "), bcc: bcc.join(", "), files: draft.files ?? [] };
    this.composer.showShare();
    this.composer.noteSaved(draft.version, say("composer.draft_saved"));
  }

  conflict(remote) {
    const keep = () => { this.version = remote.version; this.composer.explain(""); this.save(); };
    const use = () => { this.composer.explain(""); this.take({ kind: this.composer.mode, ...remote }); };
    this.isHeld = true;
    this.composer.explain(say("composer.draft_newer"), "", [[say("composer.draft_use"), use], [say("composer.draft_keep"), keep]].map(([words, act]) => [words, () => { this.isHeld = false; act(); }]));
  }

  saveSoon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => { this.waiting = 0; this.save(); }, CALM_MS);
  }

  /** After sending: the server has dropped it together with what became of it. */
  forget() {
    clearTimeout(this.waiting);
    this.waiting = 0;
    this.version = 0;
    this.composer.savedAs = "";      // given back, it is kept anew
    this.isShared = false;
    this.composer.showShare();
  }

  async save() {
    if (this.isHeld || !this.isLoaded) return;
    if (this.isSaving) { this.again = true; return; }
    const { mode, body, to, cc, bcc, files } = this.composer.content;
    const isEmpty = this.composer.isEmpty;
    if (isEmpty && !this.version) return;
    this.isSaving = true;
    try {
      if (this.kind && this.kind !== mode && this.version) { await this.post({ kind: this.kind, body: "" }); this.version = 0; }
      this.kind = mode;
      const copies = isEmpty || mode === "note" || this.composer.recipients.isUsual ? {} : { to, cc, bcc };
      this.version = await this.post({ kind: mode, body: isEmpty ? "" : body, ...copies, files: files.map((file) => file.id), version: this.version, is_shared: this.isShared ? "on" : "" });
      this.composer.noteSaved(this.version, isEmpty ? "" : say(this.isShared ? "composer.draft_shared" : "composer.draft_saved"));
    } catch (error) {
      if (error.code === "draft_outdated") this.conflict({ kind: mode, ...error.problem.draft });
      else if (error instanceof Offline) this.composer.tell(say("composer.draft_offline"));
    } finally {
      this.isSaving = false;
    }
    if (this.again) { this.again = false; this.saveSoon(); }
  }

  async post(data) {
    return JSON.parse((await ask(this.url, { data })).text).version;
  }

  share(isShared) {
    this.isShared = isShared;
    if (!this.version) this.version = 0;
    this.save();
  }

  // What colleagues share

  look() {
    clearTimeout(this.looking);
    this.looking = setTimeout(async () => {
      try { this.showShared(JSON.parse((await ask(this.url)).text).shared); } catch { /* next time */ }
    }, LOOK_MS);
  }

  showShared(drafts) {
    const box = this.composer.querySelector(".others");
    box.hidden = drafts.length === 0;
    box.replaceChildren(...drafts.map((draft) => this.shared(draft)));
  }

  shared(draft) {
    const made = document.createElement("details");
    made.dataset.kind = draft.kind;
    const head = Object.assign(document.createElement("summary"), { textContent: say(draft.kind === "note" ? "composer.draft_note_by" : "composer.draft_by", { name: draft.author }) });
    const text = Object.assign(document.createElement("div"), { className: "said", textContent: draft.body, dir: "auto" });
    const files = Object.assign(document.createElement("div"), { className: "meta", textContent: draft.files.map((file) => file.name).join(", "), dir: "auto" });
    const take = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-quiet btn-sm", textContent: say("composer.draft_take") });
    take.addEventListener("click", () => this.takeOver(draft));
    made.append(head, text, ...(draft.files.length ? [files] : []), take);
    return made;
  }

  async takeOver(draft) {
    try {
      clearTimeout(this.waiting);
      this.waiting = 0;
      this.take(JSON.parse((await ask(`/tickets/drafts/${draft.id}/take/`, { data: { id: draft.id } })).text));
      this.composer.text.focus();
    } catch (error) {
      this.composer.explain(error.message);
    }
    this.look();
  }
}
