{% load i18n %}// Woken by a push that says nothing but that there is news; what it is, is asked for here.
self.addEventListener("push", (event) => event.waitUntil(tell()));

async function tell() {
  let line = null;
  try {
    const answer = await fetch("{% url 'tickets:news_count' %}?newest=1", { credentials: "same-origin" });
    if (answer.ok && !answer.redirected) [line] = (await answer.json()).lines;
  } catch { /* without a connection the bare fact is told */ }
  await self.registration.showNotification("{% translate 'Helpdesk'|escapejs %}", {
    body: line?.text ?? "{% translate 'There is news.'|escapejs %}",
    tag: line?.id ?? "news",
    icon: "/static/helpdesk/logo.svg",
    data: { url: line?.url ?? "{% url 'tickets:news' %}" },
  });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

async function open(url) {
  const pages = await self.clients.matchAll({ type: "window" });
  if (pages.length) { await pages[0].focus(); await pages[0].navigate(url); } else await self.clients.openWindow(url);
}
