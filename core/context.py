from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, object]:
    """What the frame of every page needs."""
    user = getattr(request, "user", None)
    theme = getattr(user, "theme", "auto") if user and user.is_authenticated else "auto"
    return {"theme": theme, "public_url": settings.PUBLIC_URL}
