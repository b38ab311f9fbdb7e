"""What arrived and could not be understood, and what would have left."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from connectors import actions
from connectors.models import RawDelivery
from connectors.queries import (
    list_deliveries,
    list_outbox,
    read_outbox,
    read_raw,
    safe_mail_document,
)
from core.errors import NotAllowed

# What needs a look comes first; the rest is there to be found.
STATES = {
    "quarantined": gettext_lazy("Quarantine"),
    "failed": gettext_lazy("Failed"),
    "received": gettext_lazy("Waiting"),
    "applied": gettext_lazy("Applied"),
    "all": gettext_lazy("All"),
}
_PER_PAGE = 50
_NOTHING_RUNS = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)


@login_required
@require_safe
def deliveries(request: HttpRequest) -> HttpResponse:
    _require(request, "connectors.view_rawdelivery")
    asked = request.GET.get("state", "")
    state = asked if asked in STATES else "quarantined"
    found = list_deliveries(request.user, "" if state == "all" else state)
    context = {
        "state": state,
        "states": list(STATES.items()),
        "page": Paginator(found, _PER_PAGE).get_page(request.GET.get("page")),
        "may_retry": request.user.may("connectors.change_rawdelivery"),
    }
    return _private(render(request, "connectors/deliveries.html", context))


@login_required
@require_safe
def raw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The payload as it arrived, only ever as a download."""
    _require(request, "connectors.change_rawdelivery")
    delivery = get_object_or_404(list_deliveries(request.user).select_related("content"), pk=pk)
    response = HttpResponse(read_raw(delivery), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{delivery.pk}.eml"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return _private(response)


@login_required
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    _require(request, "connectors.change_rawdelivery")
    delivery = get_object_or_404(RawDelivery, pk=pk)
    actions.replay(delivery, actor=request.user)
    messages.success(request, _("It is being read again."))
    state = request.POST.get("state", "")
    return redirect(f"{reverse('connectors:deliveries')}?state={state if state in STATES else ''}")


@login_required
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    _require(request, "connectors.change_inbox")
    return _private(render(request, "connectors/outbox.html", {"mails": list_outbox()}))


@login_required
@require_safe
def outbox_mail(request: HttpRequest, name: str) -> HttpResponse:
    _require(request, "connectors.change_inbox")
    mail = _parsed(read_outbox(name))
    body = mail.get_body(("plain", "html"))
    context = {
        "name": name,
        "subject": str(mail.get("Subject", "")),
        "sender": str(mail.get("From", "")),
        "recipients": str(mail.get("To", "")),
        "copies": str(mail.get("Cc", "")),
        "date": str(mail.get("Date", "")),
        "headers": [(key, str(value)) for key, value in mail.items()],
        "text": body.get_content() if body else "",
        "has_html": mail.get_body(("html",)) is not None,
        "files": [
            part.get_filename() or part.get_content_type() for part in mail.iter_attachments()
        ],
    }
    return _private(render(request, "connectors/outbox_mail.html", context))


@login_required
@require_safe
@xframe_options_sameorigin
def outbox_html(request: HttpRequest, name: str) -> HttpResponse:
    """The mail as its reader will see it, where nothing runs or loads."""
    _require(request, "connectors.change_inbox")
    body = _parsed(read_outbox(name)).get_body(("html", "plain"))
    document, _blocked = safe_mail_document(body.get_content() if body else "", {})
    response = HttpResponse(document)
    response["Content-Security-Policy"] = _NOTHING_RUNS
    return _private(response)


def _parsed(raw_mail: bytes) -> EmailMessage:
    mail = message_from_bytes(raw_mail, policy=policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101  that is what this policy makes
    return mail


def _require(request: HttpRequest, right: str) -> None:
    if not request.user.may(right):
        raise NotAllowed(_("Your role does not allow this."))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response
