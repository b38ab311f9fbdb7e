"""Where hosted mail senders post what they received for us, and what became of ours."""

import logging
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from connectors.actions.hooks import note_report, store_posted
from connectors.mail import hooks
from connectors.mail.limits import MAX_RAW_BYTES
from connectors.models import Inbox
from core import events

log = logging.getLogger("helpdesk.mail")

# A mail in base64 inside a form.
MAX_BODY_BYTES = MAX_RAW_BYTES * 3 // 2


@csrf_exempt
@require_POST
def receive(request: HttpRequest, pk: UUID, provider: str) -> HttpResponse:
    """200 means: committed. Anything else makes the provider try again."""
    events.set_door("mail")
    try:
        inbox = _find_inbox(pk)
        secrets = _secrets(inbox, provider)
        if not _read_body(request):
            return HttpResponse("This mail is too large.\n", status=413)
        view = hooks.verified_view(provider, secrets, request)
    except hooks.NotTheProvider:
        return _refuse(pk, provider)
    posted = hooks.read_mails(provider, view, request)
    for delivery in store_posted(inbox, posted):
        log.info("accepted %s for inbox %s", delivery.pk, inbox.pk)
    return HttpResponse("stored\n", content_type="text/plain")


@csrf_exempt
@require_POST
def track(request: HttpRequest, pk: UUID, provider: str) -> HttpResponse:
    events.set_door("mail")
    try:
        inbox = _find_inbox(pk)
        secrets = _secrets(inbox, provider)
        if not _read_body(request):
            return HttpResponse("This report is too large.\n", status=413)
        view = hooks.verified_view(provider, secrets, request, tracking=True)
    except hooks.NotTheProvider:
        return _refuse(pk, provider)
    for report in hooks.read_reports(view, request):
        note_report(inbox, report, provider=provider)
    return HttpResponse("noted\n", content_type="text/plain")


def _find_inbox(pk: UUID) -> Inbox:
    inbox = Inbox.objects.filter(pk=pk, is_active=True, kind=Inbox.Kind.MAIL).first()
    if inbox is None:
        raise hooks.NotTheProvider
    return inbox


def _secrets(inbox: Inbox, provider: str) -> dict[str, str]:
    """Where there are none nobody can be let in, so nothing of a post needs to be read."""
    found: dict[str, str] = (inbox.credentials.get("hooks") or {}).get(provider) or {}
    if not found:
        raise hooks.NotTheProvider
    return found


def _refuse(pk: UUID, provider: str) -> HttpResponse:
    """The same for an unknown inbox as for a wrong signature."""
    name = provider if provider in hooks.ADAPTERS else "an unknown provider"
    log.warning("refused a post of %s for inbox %s", name, pk)
    return HttpResponse("Refused.\n", status=403, content_type="text/plain")


def _read_body(request: HttpRequest) -> bool:
    """Take the whole body at once, under a limit of its own: a mail is larger than a form."""
    body = request.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        return False
    is_form = request.content_type == "multipart/form-data"
    request._body = hooks.as_files(body) if is_form else body
    return True
