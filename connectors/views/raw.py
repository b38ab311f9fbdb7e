"""A payload as it arrived, and its reading once more."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from connectors import actions
from connectors.models import RawDelivery
from connectors.queries import list_deliveries, read_raw
from connectors.views.access import private, require


@login_required
@require_safe
def raw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The payload, only ever as a download."""
    require(request, "connectors.change_rawdelivery")
    delivery = get_object_or_404(list_deliveries(request.user).select_related("content"), pk=pk)
    if not hasattr(delivery, "content"):
        raise Http404  # it was erased
    response = HttpResponse(read_raw(delivery), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{delivery.pk}.eml"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return private(response)


@login_required
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request, "connectors.change_rawdelivery")
    delivery = get_object_or_404(RawDelivery, pk=pk)
    actions.replay(delivery, actor=request.user)
    messages.success(request, _("It is being read again."))
    state = request.POST.get("state", "")
    return redirect(f"/deliveries/?state={state if state in RawDelivery.State.values else ''}")
