// What may wait until what was just put on the page can be seen.
const LATEST_MS = 250;

/** Runs it once the next frame has been painted; at once where nothing is painted. */
export function afterPaint(run) {
  if (document.hidden) { run(); return; }
  let hasRun = false;
  const once = () => { if (!hasRun) { hasRun = true; run(); } };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, LATEST_MS);      // a window behind others gets no frames
}
