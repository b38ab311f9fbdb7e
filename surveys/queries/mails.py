"""The mail that asks: links by which an answer is chosen, and confirmed on the page behind."""

from uuid import UUID, uuid5

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override

from connectors.messages import Address, OutboundMessage
from connectors.queries import make_message_id, make_reply_address, make_subject_token
from surveys.models import Invitation
from surveys.models.definitions import SCALES
from surveys.queries.addresses import address_for
from surveys.queries.links import url_of
from surveys.questions import LEADING, say
from tickets.queries.doors import mail_door

# Mail programs know no style sheets of ours.
_CELL = (
    "display:inline-block;min-width:40px;padding:10px 4px;margin:0 4px 8px 0;text-align:center;"
    "border:1px solid #b9c1ca;border-radius:8px;color:#17202b;text-decoration:none;"
    "font-weight:600;font-family:sans-serif"
)


def mail_of(invitation: Invitation, *, is_reminder: bool = False) -> OutboundMessage | None:
    """Built from the row alone, so that every try yields the same mail. It says none of the
    customer's words: who reads a mailbox today need not be who wrote."""
    address = address_for(invitation)
    if not address:
        return None
    inbox = mail_door(invitation.ticket)
    own = inbox.address or "helpdesk@localhost"
    brand = invitation.brand.sender_name or invitation.brand.name
    with override(invitation.language or settings.LANGUAGE_CODE):
        subject, lines = _words(invitation, is_reminder=is_reminder)
        text = "\n\n".join([*lines, url_of(invitation), _goodbye()])
        html = _html_of(invitation, lines)
    mail_id = invitation.pk if not is_reminder else _reminder_id(invitation)
    reply = make_reply_address(own, ticket_id=invitation.ticket_id, participant=address)
    return OutboundMessage(
        idempotency_key=str(mail_id),
        message_id=make_message_id(mail_id, own),
        sender=Address(brand, own),
        reply_to=Address(brand, reply),
        to=[Address("", address)],
        subject=f"{make_subject_token(invitation.ticket.number)} {subject}",
        text=text,
        html=html,
        automatic=True,
        is_notice=True,
    )


def _reminder_id(invitation: Invitation) -> UUID:
    return uuid5(invitation.pk, "reminder")


def question_of(invitation: Invitation, language: str) -> str:
    own = invitation.version.texts.get("question", {}) if invitation.version else {}
    return say(own, language) if any(own.values()) else say(LEADING[invitation.metric], language)


def _words(invitation: Invitation, *, is_reminder: bool) -> tuple[str, list[str]]:
    number = {"number": f"#{invitation.ticket.number}"}
    question = question_of(invitation, invitation.language or settings.LANGUAGE_CODE)
    if invitation.is_second:
        opening = _("You told us that we had not done well with your request %(number)s.") % number
        return _("Did we put it right?"), [opening, question]
    opening = _("Your request %(number)s has been solved. One question, if you have a minute:")
    subject = _("A reminder: how did we do?") if is_reminder else _("How did we do?")
    return subject, [opening % number, question]


def _goodbye() -> str:
    return _("Opening the link saves nothing; you confirm your answer there.")


def _html_of(invitation: Invitation, lines: list[str]) -> SafeString:
    low, high = SCALES[invitation.metric]
    said = format_html_join("", "<p>{}</p>", ((line,) for line in lines))
    cells = format_html_join(
        " ",
        '<a href="{}" style="{}">{}</a>',
        ((url_of(invitation, score), _CELL, score) for score in range(low, high + 1)),
    )
    ends = format_html("<p>{} … {}</p>", *ends_of(invitation.metric))
    return format_html("{}<p>{}</p>{}<p><small>{}</small></p>", said, cells, ends, _goodbye())


def ends_of(metric: str) -> tuple[str, str]:
    """What the lowest and the highest number mean."""
    if metric == "nps":
        return _("0 = not at all likely"), _("10 = very likely")
    if metric == "ces":
        return _("1 = I do not agree at all"), _("7 = I fully agree")
    return _("1 = very unsatisfied"), _("5 = very satisfied")
