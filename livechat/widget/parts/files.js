// Files

let uploads = [];
function onPaste(event) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length) return;
  event.preventDefault();
  addFiles(files.map((file) => (/^image\.\w+$/.test(file.name) ? new File([file], shotName(file), { type: file.type }) : file)));
}
const shotName = (file) => `${say("screenshot")} ${new Date().toISOString().slice(0, 19).replace("T", " ").replace(/:/g, ".")}.${file.type.split("/")[1]}`;
function onDrop(event) {
  if (!event.dataTransfer?.types.includes("Files") || ui.foot.hidden) return;
  event.preventDefault();
  if (event.type === "drop") addFiles(event.dataTransfer.files);
}
function addFiles(files) {
  const { file: largest = 10e6, files: most = 10 } = config.limits ?? {};
  complain("");
  for (const blob of files) {
    if (blob.size > largest) complain("too_large", { name: blob.name, n: Math.floor(largest / 1e6) });
    else if (uploads.length >= most) complain("too_many", { n: most });
    else uploads.push(startUpload({ blob, file: { name: blob.name, size: blob.size, type: blob.type }, share: 0 }));
  }
  paintChips();
  ui.text.focus();
}

function startUpload(parcel) {
  if (/^image\/(png|jpe?g|gif|webp|bmp|avif)$/.test(parcel.blob.type)) {
    parcel.bitmap = bitmapOf(parcel.blob);
    parcel.bitmap.catch(() => {});
  }
  sendFile(parcel, 0);
  return parcel;
}
async function sendFile(parcel, tries) {
  try {
    await beKnown();
    const made = await post(parcel);
    parcel.file = { ...parcel.file, ...made };
    if (parcel.bitmap) pictures.set(made.id, parcel.bitmap);
  } catch (problem) {
    if (!uploads.includes(parcel) && tries) return;
    if (problem.isPassing) {
      parcel.timer = setTimeout(() => sendFile(parcel, tries + 1), problem.pause || pause(tries));
    } else { drop(parcel); complain(config.words[problem.code] ? problem.code : "upload_failed", { name: parcel.file.name }); }
  }
  paintChips();
  if (sendsWhenReady && uploads.every((one) => one.file.id)) submit();
}
/** XMLHttpRequest, because fetch does not tell how far it has come. */
const post = (parcel) => new Promise((resolve, reject) => {
  const request = parcel.request = new XMLHttpRequest();
  const form = new FormData();
  form.append("file", parcel.blob, parcel.file.name);
  request.open("POST", `${BASE}files/`);
  request.setRequestHeader("Authorization", `Bearer ${me().token}`);
  request.upload.onprogress = (event) => { parcel.share = event.loaded / event.total; parcel.bar?.setAttribute("value", parcel.share); };
  request.onerror = () => reject(new Refusal(0, { code: "offline" }));
  request.onload = () => {
    if (request.status < 300) resolve(parsed(request.responseText));
    else reject(new Refusal(request.status, parsed(request.responseText)));
  };
  request.send(form);
});
function drop(parcel) {
  clearTimeout(parcel.timer);
  parcel.request?.abort();
  uploads = uploads.filter((one) => one !== parcel);
  if (!uploads.length) sendsWhenReady = false;
  paintChips();
}

function paintChips() {
  ui.chips.hidden = !uploads.length;
  ui.chips.replaceChildren(...uploads.map((parcel) => parcel.file.id ? (parcel.chip = chipOf(parcel)) : (parcel.chip ??= chipOf(parcel))));
  ui.send.setAttribute("aria-busy", String(sendsWhenReady));
}
function chipOf(parcel) {
  const { name } = parcel.file;
  const face = parcel.bitmap ? make("canvas", { width: 1, height: 1, "aria-hidden": "true" }) : icon("file");
  if (parcel.bitmap) draw(face, parcel.bitmap);
  parcel.bar = parcel.file.id ? null : make("progress", { max: 1, value: parcel.share, "aria-label": say("uploading", { name }) });
  const remove = iconButton("x", say("remove", { name }), () => { drop(parcel); ui.text.focus(); });
  return make("li", {}, face, make("span.grow", { dir: "auto" }, name, parcel.bar), remove);
}
