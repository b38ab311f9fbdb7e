"""The clocks beside a ticket, asked for once the ticket is on the screen."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from tickets.models import Ticket


@login_required
@require_safe
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    response = render(request, "automation/_clocks.html", {"ticket": ticket})
    response["Cache-Control"] = "no-store, private"
    return response
