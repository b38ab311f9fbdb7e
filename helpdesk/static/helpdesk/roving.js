// Tabs and toolbars are one stop of the Tab key; arrows move inside.
const GROUPS = '[role="tablist"], [role="toolbar"], [role="radiogroup"]';

function membersOf(group) {
  return [...group.querySelectorAll('button, [role="tab"], a[href]')].filter((m) => !m.disabled && m.checkVisibility());
}

export function listenForArrows() {
  document.addEventListener("keydown", (event) => {
    const group = event.target.closest?.(GROUPS);
    if (!group || event.target.matches("input, select, textarea")) return;
    const members = membersOf(group);
    const here = members.indexOf(event.target);
    if (here < 0) return;
    const forward = getComputedStyle(group).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const to = { [forward]: here + 1, [back]: here - 1, Home: 0, End: members.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = members[(to + members.length) % members.length];
    next.focus();
    if (next.matches('[role="tab"]')) next.click();
  });
  document.addEventListener("focusin", (event) => {
    const group = event.target.closest?.('[role="toolbar"]');
    if (!group) return;
    for (const member of membersOf(group)) member.tabIndex = member === event.target ? 0 : -1;
  });
}
