// Staying at the end, unless somebody reads further up

function noteScroll() {
  ui.isAway = ui.flow.scrollHeight - ui.flow.scrollTop - ui.flow.clientHeight > 80;
  if (!ui.isAway) ui.news.hidden = true;
}
function keepDown() {
  if (!view.isOpen || !ui.flow || view.name !== "chat") return;
  if (!ui.isAway && !(ui.log.querySelector(".start") && !view.chat)) ui.flow.scrollTop = ui.flow.scrollHeight;
}
function toEnd() {
  ui.isAway = false;
  ui.news.hidden = true;
  keepDown();
}
