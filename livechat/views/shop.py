"""The demonstration's shop: a page with the widget as a customer's website has it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from livechat.models import ChatWidget

DOOR = "support@demo.test"


@require_safe
def shop(request: HttpRequest) -> HttpResponse:
    """Nowhere but in the demonstration, whose mailbox no real domain can have."""
    widgets = ChatWidget.objects.filter(inbox__is_active=True, mail_inbox__address=DOOR)
    widget = widgets.order_by("pk").first()
    if widget is None:
        raise Http404
    return render(request, "livechat/shop.html", {"key": widget.key})
