"""Every WebSocket route. A new one needs its row in the permission table."""

from django.urls import path

from tickets.consumers import WorkspaceConsumer

websocket_urlpatterns = [path("ws/", WorkspaceConsumer.as_asgi(), name="workspace-socket")]
