"""What would have left where no outgoing server is set."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from connectors.queries import list_outbox, read_outbox, safe_mail_document
from connectors.views.access import private, require

_NOTHING_RUNS = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)


@login_required
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    require(request, "connectors.change_inbox")
    return private(render(request, "connectors/outbox.html", {"mails": list_outbox()}))


@login_required
@require_safe
def outbox_mail(request: HttpRequest, name: str) -> HttpResponse:
    require(request, "connectors.change_inbox")
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
    return private(render(request, "connectors/outbox_mail.html", context))


@login_required
@require_safe
@xframe_options_sameorigin
def outbox_html(request: HttpRequest, name: str) -> HttpResponse:
    """The mail as its reader will see it, where nothing runs or loads."""
    require(request, "connectors.change_inbox")
    body = _parsed(read_outbox(name)).get_body(("html", "plain"))
    document, _blocked = safe_mail_document(body.get_content() if body else "", {})
    response = HttpResponse(document)
    response["Content-Security-Policy"] = _NOTHING_RUNS
    return private(response)


def _parsed(raw_mail: bytes) -> EmailMessage:
    mail = message_from_bytes(raw_mail, policy=policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101  that is what this policy makes
    return mail
