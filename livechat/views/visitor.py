"""The visitor's side over HTTP. Sockets only say that something changed; it is read here."""

from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.downloads import answer_file
from core.errors import Invalid, TooMany
from customers.actions import ask_code
from livechat import actions
from livechat.errors import BadEmail, BadFile, NoSuchThing, TooFast
from livechat.models import Chat, ProactiveMessage
from livechat.queries.chats import (
    epoch_of,
    find_widget,
    known_address,
    read_again,
    shape_chat,
    shape_me,
)
from livechat.queries.config import MAX_FILE, build_config
from livechat.queries.files import may_fetch
from livechat.queries.thread import load_changes, message_of, shape_messages
from livechat.queries.tokens import HostClaims, read_host_token
from livechat.views.door import (
    Call,
    answer,
    check_pace,
    id_in,
    ids_in,
    number_in,
    pace,
    text_in,
    visitors,
)
from livechat.widget import widget_script
from tickets.actions.addresses import check_email
from tickets.models import Attachment, Message

_MULTIPART_ROOM = 64 * 1024
_FIELDS = ("name", "email", "topic", "text", "order")


@cache
def _script() -> bytes:
    return widget_script()


@require_safe
def script(request: HttpRequest, key: str) -> HttpResponse:
    """The same for every widget; which one it is stands in its own address."""
    find_widget(key)
    response = HttpResponse(_script(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@visitors("GET", known=False)
def config(call: Call) -> HttpResponseBase:
    return answer(build_config(call.widget, language=call.language, visitor=call.known))


@visitors("POST", known=False)
def meet(call: Call) -> HttpResponseBase:
    """A new visitor; or, for who shows a token, the one they are by the website's word."""
    body = call.body()
    token = text_in(body, "host_token", 4096)
    claims = read_host_token(call.widget, token) if token else None
    language = call.language
    if call.known:
        if claims is None:
            return answer(_met(call, call.known, ""), 200)
        visitor, secret = actions.recognise(call.known, claims, locale=language)
        return answer(_met(call, visitor, secret), 201 if secret else 200)
    _check_newcomers(call)
    visitor, secret = _new_visitor(call, claims)
    return answer(_met(call, visitor, secret), 201)


def _new_visitor(call: Call, claims: HostClaims | None) -> tuple[Any, str]:
    return actions.meet_visitor(call.widget, locale=call.language, claims=claims)


def _check_newcomers(call: Call) -> None:
    pace("new", call.address, at_most=settings.CHAT_NEW_VISITORS_PER_HOUR, seconds=3600)


def _met(call: Call, visitor: Any, secret: str) -> dict[str, Any]:
    header = call.request.headers.get("Authorization", "")
    return {
        "token": secret or header.partition(" ")[2].strip(),
        "visitor": str(visitor.pk),
        "verified": visitor.verified_at is not None,
    }


@visitors("GET")
def me(call: Call) -> HttpResponseBase:
    return answer(shape_me(call.visitor))


@visitors("POST")
def chats(call: Call) -> HttpResponseBase:
    body = call.body()
    pace("begin", str(call.visitor.pk), at_most=10, seconds=600)
    fields = body.get("fields") or {}
    if not isinstance(fields, dict):
        raise Invalid("fields is no object.", field="fields")
    opening = actions.Opening(
        client_id=id_in(body, "client_id"),
        text=text_in(body, "text", 0),
        fields={name: text_in(fields, name, 500) for name in _FIELDS if name != "text"},
        notice=text_in(body, "notice", 40),
        page=text_in(body, "page"),
        referrer=text_in(body, "referrer"),
        files=ids_in(body, "files"),
    )
    begun = actions.begin_chat(call.visitor, opening, language=call.language)
    # Joined with a customer by now.
    call.known = read_again(call.visitor)
    return answer(_whole(call, call.chat(begun.pk)), 201)


def _whole(call: Call, chat: Chat, after: int = 0) -> dict[str, Any]:
    found = load_changes(chat, call.visitor, after=after)
    shaped = shape_chat(chat, call.visitor, head=found.head)
    return shaped | {"messages": found.rows, "next": found.next, "more": found.more}


@visitors("GET")
def changes(call: Call, pk: UUID) -> HttpResponseBase:
    """What is new since ``after``. See `livechat.waiting` for ``wait``."""
    chat = call.chat(pk)
    after = _query_number(call, "after")
    epoch = call.request.GET.get("epoch", "")
    is_reset = bool(epoch) and epoch != epoch_of(chat)
    found = load_changes(chat, call.visitor, after=0 if is_reset else after)
    return answer(
        {
            "chat": shape_chat(chat, call.visitor, head=found.head),
            "messages": found.rows,
            "more": found.more,
            "next": found.next,
            "head": found.head,
            "reset": is_reset,
        }
    )


def _query_number(call: Call, name: str) -> int:
    text = call.request.GET.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid(f"{name} is no number.", field=name)
    return int(text)


@visitors("POST")
def messages(call: Call, pk: UUID) -> HttpResponseBase:
    pace("say", str(call.visitor.pk), at_most=20, seconds=10)
    pace("say-more", str(call.visitor.pk), at_most=150, seconds=600)
    body = call.body()
    chat = call.chat(pk)
    said, is_new = actions.say(
        chat,
        visitor=call.visitor,
        client_id=id_in(body, "client_id"),
        text=text_in(body, "text", 0),
        files=ids_in(body, "files"),
    )
    return answer(shape_messages([message_of(said.pk)], chat)[0], 201 if is_new else 200)


@visitors("POST", body=MAX_FILE + _MULTIPART_ROOM)
def files(call: Call) -> HttpResponseBase:
    pace("files", str(call.visitor.pk), at_most=30, seconds=60)
    given = call.request.FILES.get("file")
    if given is None:
        raise BadFile(_("No file was sent."), field="file")
    kept = actions.keep_file(
        call.visitor,
        filename=given.name or "file",
        content_type=given.content_type or "",
        content=given,
    )
    content = {
        "id": str(kept.pk),
        "name": kept.filename,
        "size": kept.blob.size,
        "type": kept.blob.sniffed_type,
    }
    return answer(content, 201)


@visitors("GET", known=False, paced=False)
def file(call: Call, pk: UUID) -> HttpResponseBase:
    """By a signed link that was given to the visitor it belongs to."""
    if not may_fetch(pk, call.request.GET.get("sig", "")):
        check_pace(call)
        raise NoSuchThing("This link is over.")
    found = get_object_or_404(
        Attachment.objects.select_related("blob", "ticket"),
        pk=pk,
        message__withdrawn_at=None,
        message__kind=Message.Kind.PUBLIC,
    )
    return answer_file(
        found.blob_id,
        kind=found.blob.sniffed_type,
        size=found.blob.size,
        filename=found.filename,
        is_download="download" in call.request.GET,
        sites="cross-origin",
    )


@visitors("POST")
def seen(call: Call, pk: UUID) -> HttpResponseBase:
    body = call.body()
    actions.note_read(call.chat(pk), seen=number_in(body, "seq"), got=number_in(body, "got"))
    return HttpResponse(status=204)


@visitors("POST")
def person(call: Call, pk: UUID) -> HttpResponseBase:
    actions.ask_for_person(call.chat(pk), visitor=call.visitor)
    return answer(_whole(call, call.chat(pk)))


@visitors("POST")
def end(call: Call, pk: UUID) -> HttpResponseBase:
    actions.leave_chat(call.chat(pk), visitor=call.visitor)
    return answer(_whole(call, call.chat(pk)))


@visitors("POST")
def rating(call: Call, pk: UUID) -> HttpResponseBase:
    body = call.body()
    chat = call.chat(pk)
    actions.rate_chat(chat, score=number_in(body, "score"), comment=text_in(body, "comment"))
    return HttpResponse(status=204)


@visitors("POST")
def transcript(call: Call, pk: UUID) -> HttpResponseBase:
    pace("transcript", str(call.visitor.pk), at_most=3, seconds=3600)
    address = text_in(call.body(), "email", 254).strip() or known_address(call.visitor)
    actions.ask_transcript(
        call.chat(pk), visitor=call.visitor, address=_checked(address), language=call.language
    )
    return HttpResponse(status=204)


def _checked(address: str) -> str:
    try:
        return check_email(address)
    except Invalid as refusal:
        raise BadEmail(refusal.reason, field="email") from None


# Proof


@visitors("POST")
def verify(call: Call) -> HttpResponseBase:
    """Mail a code to the address. Known and unknown ones are answered alike."""
    # Mails to people who did not ask for them: of one visitor, and of all at one address, so that
    # nobody uses up what is there for everybody's codes.
    pace("verify", str(call.visitor.pk), at_most=5, seconds=3600)
    pace("verify-from", call.address, at_most=30, seconds=3600)
    address = _checked(text_in(call.body(), "email", 254))
    browser = f"chat:{call.visitor.pk}"
    try:
        code = ask_code(address, browser=browser, door="", language=call.language)
    except TooMany as refusal:
        # The widget's own word for it: "too_many" are files to it.
        raise TooFast(refusal.reason, retry_after=60) from None
    return answer({"code": str(code.pk)}, 201)


@visitors("POST")
def confirm(call: Call) -> HttpResponseBase:
    body = call.body()
    digits = text_in(body, "code", 20)
    pace("confirm", str(call.visitor.pk), at_most=20, seconds=600)
    visitor = actions.confirm_address(
        call.visitor, address=_checked(text_in(body, "email", 254)), digits=digits
    )
    visitor.widget = call.widget
    return answer(shape_me(visitor))


# Sockets, and what was said first


@visitors("POST")
def socket(call: Call) -> HttpResponseBase:
    pace("socket", str(call.visitor.pk), at_most=30, seconds=60)
    return answer({"ticket": actions.make_socket_ticket(call.visitor)}, 201)


@visitors("POST")
def shown(call: Call) -> HttpResponseBase:
    pk = id_in(call.body(), "id")
    message = get_object_or_404(ProactiveMessage, pk=pk, widget=call.widget)
    actions.note_told(call.visitor, message)
    return HttpResponse(status=204)
