// Pictures on a canvas: no img-src of the page is needed for them

const pictures = new Map();     // a file's id → its bitmap, or the promise of it
async function bitmapOf(blob) {
  const full = await createImageBitmap(blob);
  if (full.width <= PICTURE_WIDTH) return full;
  const resizeHeight = Math.max(1, Math.round(full.height * PICTURE_WIDTH / full.width));
  return createImageBitmap(full, { resizeWidth: PICTURE_WIDTH, resizeHeight, resizeQuality: "high" });
}
async function draw(canvas, promise) {
  try {
    const bitmap = await promise;
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
  } catch { canvas.replaceWith(icon("file")); }
  keepDown();
}
function pictureOf(file) {
  if (!pictures.has(file.id)) {
    pictures.set(file.id, fetch(addressOf(file), { credentials: "omit" })
      .then((answer) => { if (!answer.ok) throw new Error(); return answer.blob(); }).then(bitmapOf));
  }
  const canvas = make("canvas", { width: 240, height: 135, role: "img", "aria-label": say("picture", { name: file.name }) });
  draw(canvas, pictures.get(file.id));
  return canvas;
}
const addressOf = (file) => new URL(file.url, BASE).href;
const isPicture = (file) => file.picture || pictures.has(file.id);
function sizeOf(bytes) {
  const isLarge = bytes >= 1e6;
  const unit = isLarge ? "megabyte" : "kilobyte";
  const format = new Intl.NumberFormat(variety(), { style: "unit", unit, maximumFractionDigits: Number(isLarge) });
  return format.format(Math.max(1, bytes / (isLarge ? 1e6 : 1e3)));
}

function fileOf(file) {
  const shown = isPicture(file)
    ? pictureOf(file)
    : [icon("file"), make("span", { dir: "auto" }, file.name, make("small", {}, sizeOf(file.size)))];
  const name = isPicture(file) ? "pic" : "doc";
  // Signed addresses do not last: the newest one is put in whenever the message is painted.
  return file.url ? Object.assign(outside(addressOf(file), shown), { className: name }) : make("span", { className: name }, shown);
}
