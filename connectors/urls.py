from django.urls import path

from connectors.views import doors, hooks, mailbox, outbox, raw, senders

app_name = "connectors"
urlpatterns = [
    path("deliveries/<uuid:pk>/raw/", raw.raw, name="raw"),
    path("deliveries/<uuid:pk>/retry/", raw.retry, name="retry"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<str:name>/", outbox.outbox_mail, name="outbox_mail"),
    path("outbox/<str:name>/html/", outbox.outbox_html, name="outbox_html"),
    path("senders/blocked/", senders.blocked, name="blocked"),
    path("senders/blocked/add/", senders.block, name="block"),
    path("senders/blocked/<uuid:pk>/remove/", senders.unblock, name="unblock"),
    path("senders/suppressed/", senders.suppressed, name="suppressed"),
    path("senders/suppressed/<uuid:pk>/lift/", senders.lift, name="lift"),
    path("inboxes/", doors.inboxes, name="inboxes"),
    path("inboxes/add/", doors.add_inbox, name="add_inbox"),
    path("inboxes/<uuid:pk>/", doors.inbox, name="inbox"),
    path("inboxes/<uuid:pk>/test/", doors.test_inbox, name="test_inbox"),
    path("inboxes/<uuid:pk>/try/", doors.try_inbox, name="try_inbox"),
    path("inboxes/<uuid:pk>/resume/", doors.resume, name="resume"),
    path("inboxes/<uuid:pk>/mailbox/", mailbox.mailbox, name="mailbox"),
    path("inboxes/<uuid:pk>/mailbox/hook/", mailbox.hook, name="mailbox_hook"),
    path("inboxes/<uuid:pk>/mailbox/sending/", mailbox.sending, name="mailbox_sending"),
    path("inboxes/<uuid:pk>/oauth/start/", mailbox.oauth_start, name="oauth_start"),
    path("inboxes/<uuid:pk>/oauth/callback/", mailbox.oauth_callback, name="oauth_callback"),
    path("hooks/<uuid:pk>/<slug:provider>/", hooks.receive, name="hook"),
    path("hooks/<uuid:pk>/<slug:provider>/tracking/", hooks.track, name="hook_tracking"),
    path("brands/add/", doors.add_brand, name="add_brand"),
    path("brands/<uuid:pk>/", doors.brand, name="brand"),
    path("brands/<uuid:pk>/logo/", doors.logo, name="logo"),
    path("brands/<uuid:pk>/dkim/", doors.dkim, name="dkim"),
]
