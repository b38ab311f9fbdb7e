"""Every WebSocket route. A new one needs its row in the permission table."""

from django.urls import path

from livechat.consumers import VisitorConsumer
from tickets.consumers import WorkspaceConsumer

websocket_urlpatterns = [path("ws/", WorkspaceConsumer.as_asgi(), name="workspace-socket")]
# Of other websites' pages: each widget names its own, and no cookie counts.
visitor_urlpatterns = [
    path("chat/<str:key>/socket", VisitorConsumer.as_asgi(), name="visitor-socket")
]
