"""The part of bots' addresses under which they are taught."""

from django.urls import path

from bots.views import teaching

urlpatterns = [
    path("bots/understanding/", teaching.intents, name="intents"),
    path("bots/understanding/try/", teaching.try_sentence, name="try_sentence"),
    path("bots/understanding/train/", teaching.train, name="train"),
    path("bots/understanding/new/", teaching.new_intent, name="new_intent"),
    path("bots/understanding/intents/<uuid:pk>/", teaching.intent, name="intent"),
    path("bots/understanding/intents/<uuid:pk>/teach/", teaching.teach, name="teach"),
    path(
        "bots/understanding/intents/<uuid:pk>/remove/", teaching.remove_intent, name="remove_intent"
    ),
    path("bots/understanding/examples/<uuid:pk>/", teaching.example, name="example"),
    path("bots/understanding/kinds/", teaching.kinds, name="kinds"),
    path("bots/understanding/kinds/new/", teaching.new_kind, name="new_kind"),
    path("bots/understanding/kinds/<uuid:pk>/", teaching.kind, name="kind"),
    path("bots/understanding/kinds/<uuid:pk>/remove/", teaching.remove_kind, name="remove_kind"),
    path("bots/understanding/versions/", teaching.versions, name="versions"),
    path("bots/understanding/versions/<uuid:pk>/", teaching.version, name="version"),
    path("bots/understanding/versions/<uuid:pk>/use/", teaching.use_version, name="use_version"),
]
