"""Files and HTML mails: what strangers sent, served so that it can do nothing here."""

import base64
import codecs
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from connectors.queries import safe_mail_document
from core import files
from core.downloads import SHOWN_INLINE, answer_file
from core.errors import Invalid
from tickets import actions
from tickets.models import Attachment, Message, Ticket
from tickets.views.access import changes_ticket, reads, require, visible_message

_TEXT_BYTES = 200_000
_INLINE_BYTES = 8 * 1024 * 1024
_NOTHING_RUNS = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


@changes_ticket("tickets.note_ticket")
def upload(request: HttpRequest, ticket: Ticket) -> JsonResponse:
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(_("No file was sent."), field="file")
    attachment = actions.attach_upload(
        ticket,
        actor=request.user,
        filename=file.name or "file",
        content_type=file.content_type or "",
        content=file,
    )
    return JsonResponse(
        {
            "id": str(attachment.pk),
            "name": attachment.filename,
            "size": attachment.blob.size,
            "url": reverse("tickets:attachment", args=[attachment.pk]),
        },
        status=201,
    )


@login_required
@require_POST
def discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    attachment = _visible_attachment(request, pk)
    require(request, "tickets.note_ticket")
    actions.discard_upload(attachment, actor=request.user)
    return HttpResponse(status=204)


@reads
def attachment(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """The file itself. Everything but four kinds of pictures is a download."""
    return serve_file(request, _visible_attachment(request, pk))


@reads
def attachment_text(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The beginning of a text file as words, whatever it claims to be: nothing of it is markup."""
    found = _visible_attachment(request, pk)
    with files.open_stream(found.blob_id) as stream:
        head = stream.read(_TEXT_BYTES + 1)
    if found.blob.sniffed_type != "application/octet-stream" or not _is_text(head):
        raise Http404
    response = HttpResponse(
        head[:_TEXT_BYTES].decode("utf-8", "replace"), content_type="text/plain; charset=utf-8"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


def _is_text(head: bytes) -> bool:
    """No zero byte, and UTF-8 but for a character that the end cuts."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head


def serve_file(request: HttpRequest, found: Attachment) -> StreamingHttpResponse:
    return answer_file(
        found.blob_id,
        kind=found.blob.sniffed_type,
        size=found.blob.size,
        filename=found.filename,
        is_download="download" in request.GET,
    )


def _visible_attachment(request: HttpRequest, pk: UUID) -> Attachment:
    visible = Ticket.objects.visible_to(request.user)
    found = get_object_or_404(
        Attachment.objects.select_related("blob", "ticket").filter(ticket__in=visible), pk=pk
    )
    # A file of an answer still being written is its author's alone.
    if found.message_id is None and found.uploaded_by_id != request.user.pk:
        raise Http404
    return found


@reads
@xframe_options_sameorigin
def message_html(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A customer's HTML, sanitised when shown, in a document where nothing runs or loads."""
    message = visible_message(request, pk)
    if not message.html:
        raise Http404
    document, blocked = safe_mail_document(message.html, _inline_images(message))
    if blocked:
        document = document.replace("<body>", f"<body>{_blocked_notice(blocked)}", 1)
    response = HttpResponse(document)
    response["Content-Security-Policy"] = _NOTHING_RUNS
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _inline_images(message: Message) -> dict[str, str]:
    """Pictures of the mail as data addresses: a sandboxed frame has no session to fetch them."""
    found: dict[str, str] = {}
    room = _INLINE_BYTES
    for file in message.attachments.select_related("blob", "ticket"):
        if not file.cid or file.blob.sniffed_type not in SHOWN_INLINE or file.blob.size > room:
            continue
        room -= file.blob.size
        content = base64.b64encode(files.read(file.blob_id)).decode()
        found[file.cid] = f"data:{file.blob.sniffed_type};base64,{content}"
    return found


def _blocked_notice(blocked: int) -> str:
    words = ngettext(
        "%(n)d remote picture was not loaded: it would tell the sender that you looked.",
        "%(n)d remote pictures were not loaded: they would tell the sender that you looked.",
        blocked,
    )
    return format_html(
        '<div style="margin:0 0 10px;padding:6px 10px;border:1px solid #e6cd88;border-radius:6px;'
        'background:#fff6dc;color:#745000;font:12px/1.4 system-ui,sans-serif">{}</div>',
        words % {"n": blocked},
    )
