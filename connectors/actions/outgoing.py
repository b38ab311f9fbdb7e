"""What may leave without a person having written it, and to whom nothing leaves any more."""

import logging
import re
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.errors import SendError
from connectors.mail import dkim_sign
from connectors.mail.addresses import make_message_id
from connectors.mail.automatic import DAEMON, LIST_SERVICE, NO_REPLY, is_own, without_plus
from connectors.mail.compose import ADDRESS
from connectors.messages import Address, OutboundMessage
from connectors.models import AutomaticMail, Brand, Inbox, Suppression
from connectors.queries.inboxes import own_addresses
from connectors.queries.outgoing import has_server, is_suppressed, send_mail
from core import blind
from core.clock import now
from core.errors import HelpdeskError, Invalid
from core.events import record
from core.ids import new_id

log = logging.getLogger("helpdesk.connectors")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEPT = timedelta(days=2)


# Budgets


class Spending(StrEnum):
    """Whether an automatic mail may leave; anything but ``GRANTED`` says why not."""

    GRANTED = "granted"
    NOBODY = "nobody"  # no address, or one behind which no person reads
    OWN = "own"
    SUPPRESSED = "suppressed"
    PAUSED = "paused"
    HOURLY = "hourly"
    DAILY = "daily"


@transaction.atomic
def spend_budget(inbox: Inbox, *, address: str, kind: str) -> Spending:
    """Count one automatic mail to the address, if it may leave at all.

    Whatever stands behind a plus is the same mailbox: other helpdesks write from a new one for each
    ticket, and an attacker invents as many as wanted. The limits of an address hold over all
    inboxes and brands, and also among processes: until this transaction ends nobody else counts for
    the same address or inbox. The breaker's trip outlives a refusal, so the caller must not roll
    back because of one.
    """
    if refusal := _refuse_address(address):
        return refusal
    index = blind.email_index(without_plus(address))
    _lock("automatic-address", index)
    if refusal := _refuse_count(index, kind):
        return refusal
    _lock("automatic-inbox", inbox.pk.bytes)
    if _is_paused(inbox) or _trips_breaker(inbox):
        return Spending.PAUSED
    AutomaticMail.objects.create(address_index=index, kind=kind, inbox=inbox, at=now())
    return Spending.GRANTED


def _refuse_address(address: str) -> Spending | None:
    local = address.partition("@")[0]
    if not ADDRESS.fullmatch(address):
        return Spending.NOBODY
    if any(pattern.fullmatch(local) for pattern in (NO_REPLY, DAEMON, LIST_SERVICE)):
        return Spending.NOBODY
    if is_own(address, own_addresses()):
        return Spending.OWN
    return Spending.SUPPRESSED if is_suppressed(address) else None


def _refuse_count(index: bytes, kind: str) -> Spending | None:
    sent = AutomaticMail.objects.filter(address_index=index)
    within_hour = sent.filter(kind=kind, at__gt=now() - HOUR).count()
    if within_hour >= settings.AUTOMATIC_MAILS_PER_HOUR:
        return Spending.HOURLY
    within_day = sent.filter(at__gt=now() - DAY).count()
    return Spending.DAILY if within_day >= settings.AUTOMATIC_MAILS_PER_DAY else None


def _lock(purpose: str, value: bytes) -> None:
    """Advisory, until the transaction ends; there is no row to lock for an address not yet seen."""
    number = int.from_bytes(blind.handle_index(purpose, value.hex())[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _is_paused(inbox: Inbox) -> bool:
    return Inbox.objects.filter(pk=inbox.pk, paused_at__isnull=False).exists()


def _trips_breaker(inbox: Inbox) -> bool:
    since = now() - timedelta(seconds=settings.AUTOMATIC_MAIL_BREAKER_SECONDS)
    recent = AutomaticMail.objects.filter(inbox=inbox, at__gt=since).count()
    if recent < settings.AUTOMATIC_MAIL_BREAKER:
        return False
    Inbox.objects.filter(pk=inbox.pk).update(paused_at=now())
    record("inbox.paused", subject=inbox, actor=None, rooms=["inboxes"], mails=recent)
    log.warning("Inbox %s sends no automatic mail any more: %d in a short time.", inbox.pk, recent)
    return True


@transaction.atomic
def resume_inbox(inbox: Inbox, *, actor: User) -> Inbox:
    """Let automatic mail leave again. The breaker starts counting anew."""
    inbox = Inbox.objects.select_for_update(no_key=True).get(pk=inbox.pk)
    if inbox.paused_at is None:
        return inbox
    # What tripped it would trip it again at once; the budgets of the addresses go on counting.
    since = now() - timedelta(seconds=settings.AUTOMATIC_MAIL_BREAKER_SECONDS)
    AutomaticMail.objects.filter(inbox=inbox, at__gt=since).update(at=since)
    inbox.paused_at = None
    inbox.save(update_fields=["paused_at"])
    record("inbox.resumed", subject=inbox, actor=actor, rooms=["inboxes"])
    return inbox


def forget_old_spending() -> None:
    AutomaticMail.objects.filter(at__lt=now() - KEPT).delete()


# Addresses nothing is sent to


@transaction.atomic
def suppress(
    address: str, *, reason: str, provider_code: str = "", actor: User | None = None
) -> Suppression:
    """Write to this address no more, until somebody lifts it; once is enough."""
    row = Suppression(
        id=new_id(),
        address=address.strip(),
        address_index=blind.email_index(address),
        reason=Suppression.Reason(reason),
        provider_code=provider_code[:20],
        at=now(),
    )
    Suppression.objects.bulk_create([row], ignore_conflicts=True)
    known = Suppression.objects.get(address_index=row.address_index)
    if known.pk == row.pk:
        record("address.suppressed", subject=row, actor=actor, reason=row.reason)
    return known


@transaction.atomic
def lift_suppression(address: str, *, actor: User) -> None:
    indexes = blind.all_versions("email", address)
    for row in Suppression.objects.select_for_update().filter(address_index__in=indexes):
        Suppression.objects.filter(pk=row.pk).delete()
        record("address.unsuppressed", subject=row, actor=actor)


# Signing


_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


@transaction.atomic
def make_dkim_key(
    brand: Brand, *, actor: User | None, domain: str, selector: str, kind: str = dkim_sign.RSA
) -> Brand:
    """Sign with a new key from now on; its DNS record must be there before the next mail."""
    domain, selector = domain.strip().lower(), selector.strip().lower()
    for name, value in (("domain", domain), ("selector", selector)):
        if not _NAME.fullmatch(value):
            raise Invalid(_("This is no name that the DNS could hold."), field=name)
    brand = Brand.objects.select_for_update().get(pk=brand.pk)
    brand.dkim_domain, brand.dkim_selector = domain, selector
    brand.dkim_key = dkim_sign.make_key(kind)
    brand.save(update_fields=["dkim_domain", "dkim_selector", "dkim_key"])
    record("brand.key_made", subject=brand, actor=actor, kind=kind)
    return brand


# Telling those who run it


def mail_admins(subject: str, text: str) -> None:
    """One mail to all who may set up inboxes. Raises ``SendError``."""
    admins = User.objects.filter(is_active=True, groups__name="admin").order_by("pk")
    addresses = list(admins.values_list("email", flat=True).distinct())
    if addresses:
        headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
        EmailMessage(subject, text, to=addresses, headers=headers).send()


# Trying a door


class NoTestAddress(HelpdeskError):
    code = "no_address"


def send_test_mail(inbox: Inbox, *, actor: User, to: str = "") -> str:
    """Send a mail through the inbox now, to whoever asks; say in plain words what became of it.

    Raises ``SendError`` with the server's words. Waits for the server, at worst for minutes.
    """
    if not inbox.address:
        raise NoTestAddress(_("This inbox has no address to send from."))
    outbound = _compose_test(inbox, inbox.address, Address(actor.name, to or actor.email))
    code = "refused"
    try:
        result = send_mail(outbound, inbox=inbox)
        code = result.provider_code
    except SendError as error:
        code = error.provider_code or error.code
        raise
    finally:
        with transaction.atomic():
            record("inbox.tested", subject=inbox, actor=actor, answer=code)
    if not has_server(inbox):
        return _("No outgoing server is set: the mail lies in the outbox.")
    return _("The outgoing server took the mail and answered %(code)s.") % {"code": code}


def _compose_test(inbox: Inbox, address: str, recipient: Address) -> OutboundMessage:
    message_id = new_id()
    return OutboundMessage(
        idempotency_key=str(message_id),
        message_id=make_message_id(message_id, address.rpartition("@")[2]),
        sender=Address(inbox.brand.sender_name or inbox.brand.name, address),
        reply_to=Address("", address),
        to=[recipient],
        subject=_("Test of the inbox %(name)s") % {"name": inbox.name},
        text=_("This mail left through the inbox %(name)s. There is nothing to do.")
        % {"name": inbox.name},
        automatic=True,
        is_notice=True,
    )
