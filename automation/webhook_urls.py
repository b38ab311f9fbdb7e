"""Addresses of webhooks."""

from django.urls import path

from automation.views import webhooks

_ONE = "settings/webhooks/<uuid:pk>/"
urlpatterns = [
    path("settings/webhooks/", webhooks.webhooks, name="webhooks"),
    path("settings/webhooks/new/", webhooks.new, name="new_webhook"),
    path(_ONE, webhooks.webhook, name="webhook"),
    path(f"{_ONE}secret/", webhooks.renew_secret, name="renew_webhook_secret"),
    path(f"{_ONE}secret/end/", webhooks.end_old_secret, name="end_webhook_secret"),
    path(f"{_ONE}switch/", webhooks.switch, name="switch_webhook"),
    path(f"{_ONE}try/", webhooks.try_out, name="try_webhook"),
    path(f"{_ONE}retry/", webhooks.retry, name="retry_webhook"),
    path(f"{_ONE}remove/", webhooks.remove, name="remove_webhook"),
    path(f"{_ONE}deliveries/", webhooks.deliveries, name="webhook_deliveries"),
    path("settings/webhooks/deliveries/<uuid:pk>/", webhooks.delivery, name="webhook_delivery"),
    path(f"{_ONE}replay/", webhooks.replay, name="replay_webhook"),
    path(f"{_ONE}replay/since/", webhooks.replay_since, name="replay_webhook_since"),
]
