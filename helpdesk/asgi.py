"""One port: sockets natively, HTTP through Django's WSGI application in a thread pool."""

from typing import Any, cast

from a2wsgi import WSGIMiddleware
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

from helpdesk.wsgi import application as wsgi_application

# Models may be imported only after the WSGI application has set Django up.
from helpdesk.sockets import websocket_urlpatterns  # isort: skip

pages: Any = WSGIMiddleware(cast(Any, wsgi_application), workers=8)

application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
