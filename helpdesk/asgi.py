"""One port: sockets natively, HTTP through Django's WSGI application in a thread pool."""

from typing import Any, cast

from a2wsgi import WSGIMiddleware
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

from helpdesk.buffering import Buffered
from helpdesk.wsgi import application as wsgi_application

# Models may be imported only after the WSGI application has set Django up.
from helpdesk.sockets import visitor_urlpatterns, websocket_urlpatterns  # isort: skip
from livechat.waiting import HoldPolls  # isort: skip

pages: Any = WSGIMiddleware(cast(Any, wsgi_application), workers=8)
_workspace: Any = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
_visitors: Any = URLRouter(visitor_urlpatterns)


async def sockets(scope: Any, receive: Any, send: Any) -> None:
    """Visitors come from other websites, and without a session."""
    door = _visitors if scope["path"].startswith("/chat/") else _workspace
    await door(scope, receive, send)


application = ProtocolTypeRouter(
    {"http": cast(Any, HoldPolls(Buffered(pages))), "websocket": sockets}
)
