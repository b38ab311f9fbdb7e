from django.contrib import admin
from django.urls import include, path

from helpdesk import health, pictures
from helpdesk.demo.shop import shop_api

urlpatterns = [
    path("api/v1/", include("helpdesk.api")),
    path("icons.<slug:version>.svg", pictures.icons, name="icons"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("customers/", include("customers.urls")),
    path("chats/", include("livechat.desk_urls")),
    path("chat/demo/api/<slug:call>/", shop_api, name="shop_api"),
    path("", include("accounts.urls")),
    path("", include("automation.urls")),
    path("", include("bots.urls")),
    path("", include("connectors.urls")),
    path("", include("livechat.urls")),
    path("", include("surveys.urls")),
    path("", include("quality.urls")),
    path("knowledge/gaps/", include("bots.learning_urls")),
    path("", include("knowledge.urls")),
    path("", include("tickets.urls")),
]

handler404 = "core.problems.not_found"
handler500 = "core.problems.server_error"
