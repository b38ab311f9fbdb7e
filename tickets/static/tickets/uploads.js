// Files for an answer: chosen, dropped or pasted; each shows how far it is and can be taken out.
import { ask, token } from "../helpdesk/net.js";
import { toast } from "../helpdesk/toasts.js";
import { say } from "../helpdesk/words.js";

const MAX_BYTES = 25 * 1024 * 1024;

export class Uploads {
  constructor(composer, changed) {
    this.composer = composer;
    this.changed = changed;
    this.box = composer.querySelector(".files");
    this.field = composer.querySelector('input[type="file"]');
    this.files = [];
    this.field.addEventListener("change", () => { this.add(this.field.files); this.field.value = ""; });
    composer.querySelector("[data-attach]").addEventListener("click", () => this.choose());
    composer.addEventListener("paste", (event) => this.onPaste(event));
    this.listenForDrops(composer.querySelector("form"));
  }

  get done() { return this.files.filter((f) => f.id).map(({ id, name, size }) => ({ id, name, size })); }
  get isBusy() { return this.files.some((file) => file.request); }

  choose() { this.field.click(); }

  set(files) {
    this.files = [];
    this.box.replaceChildren();
    for (const file of files) this.files.push(this.draw({ ...file }));
    this.show();
  }

  add(list, { isPasted = false } = {}) {
    for (const blob of list) {
      if (blob.size > MAX_BYTES) { toast(say("upload_failed", { name: blob.name }), { level: "error" }); continue; }
      const file = this.draw({ name: blob.name || "image.png", size: blob.size });
      file.isPicture = isPasted && /^image\/(png|jpeg|gif|webp)$/.test(blob.type);
      this.files.push(file);
      this.upload(file, blob);
    }
    this.show();
  }

  draw(file) {
    const chip = document.getElementById("new-file").content.firstElementChild.cloneNode(true);
    chip.querySelector(".name").textContent = file.name;
    chip.querySelector(".size").textContent = readableSize(file.size);
    const remove = chip.querySelector("button");
    remove.setAttribute("aria-label", say("remove", { name: file.name }));
    remove.addEventListener("click", () => this.remove(file));
    const bar = chip.querySelector("progress");
    bar.setAttribute("aria-label", say("progress", { name: file.name }));
    bar.hidden = Boolean(file.id);
    file.chip = chip;
    this.box.append(chip);
    return file;
  }

  show() { this.box.hidden = this.files.length === 0; }

  /** XMLHttpRequest, because fetch does not tell how much has left. */
  upload(file, blob) {
    const request = file.request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", blob, file.name);
    request.open("POST", this.composer.dataset.upload);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRFToken", token());
    request.upload.addEventListener("progress", (event) => this.showProgress(file, event.loaded / event.total));
    request.addEventListener("load", () => this.finish(file, request));
    request.addEventListener("error", () => this.fail(file));
    request.send(form);
  }

  showProgress(file, share) {
    const percent = Math.min(99, Math.round(share * 100));
    file.chip.querySelector("progress").value = percent;
    file.chip.querySelector(".size").textContent = `${percent} %`;
  }

  finish(file, request) {
    file.request = null;
    if (request.status !== 201) { this.fail(file, request); return; }
    Object.assign(file, JSON.parse(request.responseText));
    file.chip.querySelector(".name").textContent = file.name;
    file.chip.querySelector(".size").textContent = readableSize(file.size);
    file.chip.querySelector("progress").hidden = true;
    if (file.isPicture) this.composer.placePicture(file);
    this.changed();
  }

  fail(file, request = null) {
    file.request = null;
    let reason = "";
    try { reason = JSON.parse(request.responseText).detail; } catch { /* no reason given */ }
    toast(`${say("upload_failed", { name: file.name })} ${reason}`, { level: "error" });
    this.drop(file);
  }

  remove(file) {
    file.request?.abort();
    if (file.id) ask(`/tickets/attachments/${file.id}/discard/`, { data: { id: file.id } }).catch(() => {});
    this.drop(file);
    this.composer.querySelector("textarea").focus();
  }

  drop(file) {
    file.chip.remove();
    this.files = this.files.filter((other) => other !== file);
    this.show();
    this.changed();
  }

  onPaste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.add(files, { isPasted: true });
  }

  listenForDrops(form) {
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    form.addEventListener("dragover", (event) => { if (hasFiles(event)) { event.preventDefault(); form.dataset.over = ""; } });
    form.addEventListener("dragleave", () => delete form.dataset.over);
    form.addEventListener("drop", (event) => {
      delete form.dataset.over;
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.add(event.dataTransfer.files);
    });
  }
}

export function readableSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
