from django.urls import path

from livechat.views import agents, desk, setting

app_name = "chats"
urlpatterns = [
    path("", desk.panel, name="panel"),
    path("of/<uuid:pk>/", desk.in_ticket, name="in_ticket"),
    path("<uuid:pk>/takers/", desk.takers, name="takers"),
    path("<uuid:pk>/accept/", agents.accept, name="accept"),
    path("<uuid:pk>/decline/", agents.decline, name="decline"),
    path("<uuid:pk>/transfer/", agents.transfer, name="transfer"),
    path("<uuid:pk>/invite/", agents.invite, name="invite"),
    path("<uuid:pk>/leave/", agents.leave, name="leave"),
    path("<uuid:pk>/end/", agents.end, name="end"),
    path("<uuid:pk>/ban/", agents.ban, name="ban"),
    path("inboxes/add/", setting.add, name="inbox_add"),
    path("inboxes/<uuid:pk>/", setting.inbox, name="inbox"),
    path("inboxes/<uuid:pk>/secret/", setting.renew_secret, name="inbox_secret"),
    path("inboxes/<uuid:pk>/preview/", setting.preview, name="inbox_preview"),
    path("inboxes/<uuid:pk>/proactive/", setting.proactive, name="inbox_first_add"),
    path("inboxes/<uuid:pk>/proactive/<uuid:row>/", setting.proactive, name="inbox_first"),
    path(
        "inboxes/<uuid:pk>/proactive/<uuid:row>/remove/",
        setting.drop_proactive,
        name="inbox_first_remove",
    ),
]
