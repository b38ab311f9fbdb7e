"""The agent's own page: numbers, hours, presence."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User
from accounts.queries import shift_of, standing_of, with_standing
from core.clock import now
from tickets.queries.my_numbers import numbers_of, waiting_for
from tickets.views.access import reads


@reads
def me(request: HttpRequest) -> HttpResponse:
    own = with_standing(User.objects.select_related("calendar")).get(pk=request.user.pk)
    context = {
        "own": own,
        "standing": standing_of(own),
        "shift": shift_of(own),
        "now": now(),
        "numbers": numbers_of(request.user),
        "waiting": waiting_for(request.user),
    }
    response = render(request, "tickets/me.html", context)
    response["Cache-Control"] = "no-store, private"
    return response
