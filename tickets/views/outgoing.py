"""Answers on their way out, for those who see to it that they arrive."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core.errors import HelpdeskError
from core.fields import warm_keys
from tickets import actions
from tickets.queries import count_outgoing, list_outgoing
from tickets.views.access import reads, require, visible_message

STATES = {
    "ambiguous": gettext_lazy("May have arrived"),
    "failed": gettext_lazy("Failed"),
    "bounced": gettext_lazy("Came back"),
    "waiting": gettext_lazy("Waiting"),
}
_PER_PAGE = 50


@reads
def outgoing(request: HttpRequest) -> HttpResponse:
    require(request, "tickets.view_delivery")
    state = _state_in(request.GET.get("state", ""))
    page = Paginator(list_outgoing(request.user, state), _PER_PAGE).get_page(
        request.GET.get("page")
    )
    warm_keys(
        page.object_list,
        [row.message for row in page],
        [row.message.ticket for row in page],
    )
    counts = count_outgoing(request.user)
    context = {
        "state": state,
        "tabs": [(key, label, counts[key]) for key, label in STATES.items()],
        "page": page,
        "may_retry": request.user.may("tickets.reply_ticket"),
    }
    response = render(request, "tickets/outgoing.html", context)
    response["Cache-Control"] = "no-store, private"
    return response


def _state_in(text: str) -> str:
    return text if text in STATES else "failed"


@login_required
@require_POST
def resend(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = visible_message(request, pk)
    require(request, "tickets.view_delivery")
    require(request, "tickets.reply_ticket")
    try:
        actions.retry_delivery(message, actor=request.user)
    except HelpdeskError as refusal:
        messages.error(request, refusal.reason)
    else:
        messages.success(request, _("It is being sent again."))
    state = _state_in(request.POST.get("state", ""))
    return redirect(f"{reverse('tickets:outgoing')}?state={state}")
