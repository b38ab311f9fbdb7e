"""Who a visitor is: met without a name, known by proof, shut out."""

import hashlib
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from core import blind
from core.clock import now
from core.crypto import data_keys
from core.errors import Invalid
from core.events import after_commit, record
from core.ids import new_id
from core.live import RESYNC, publish
from core.prepared import prepared_cursor
from customers.actions import add_customer, add_identity, identify_by_email, redeem_code
from customers.errors import IdentityTaken, WrongCode
from customers.models import Customer, SignInCode
from livechat.actions.joining import join_chats
from livechat.errors import BadCode, Banned
from livechat.models import Chat, ChatWidget, ProactiveMessage, SocketTicket, Visitor
from livechat.queries.chats import current_chat
from livechat.queries.passing import tell
from livechat.queries.rooms import visitor_room
from livechat.queries.tokens import HostClaims, digest_of, new_secret

SOCKET_TICKET_LASTS = timedelta(seconds=30)
_MOST_TOLD = 50


@transaction.atomic
def meet_visitor(
    widget: ChatWidget, *, locale: str, claims: HostClaims | None = None
) -> tuple[Visitor, str]:
    """A new visitor and their secret, which is told once."""
    secret = new_secret()
    visitor = Visitor(
        id=new_id(),
        widget=widget,
        secret_digest=digest_of(secret),
        locale=locale,
        created_at=now(),
        seen_at=now(),
    )
    visitor.save(force_insert=True)
    if claims:
        _trust_host(visitor, claims)
    return visitor, secret


@transaction.atomic
def recognise(visitor: Visitor, claims: HostClaims, *, locale: str) -> tuple[Visitor, str]:
    """The website says who its visitor is now. Whoever was nobody until now is that person;
    whoever was somebody else makes room for a new visitor, who sees nothing of theirs. The secret
    is empty where it stays the same."""
    visitor = _lock(visitor)
    if visitor.external_id_index is None and not visitor.verified_at:
        _trust_host(visitor, claims)
        return visitor, ""
    if _is_same(visitor, claims):
        return visitor, ""
    return meet_visitor(visitor.widget, locale=locale, claims=claims)


def _lock(visitor: Visitor) -> Visitor:
    locked = Visitor.objects.select_for_update(of=("self",)).select_related(
        "widget__inbox__brand", "customer__tier"
    )
    return locked.get(pk=visitor.pk)


def _external_index(visitor: Visitor, claims: HostClaims) -> bytes:
    return blind.handle_index("chat-host", f"{visitor.widget_id}\0{claims.subject}")


def _is_same(visitor: Visitor, claims: HostClaims) -> bool:
    known = visitor.external_id_index
    return known is not None and bytes(known) == _external_index(visitor, claims)


def _trust_host(visitor: Visitor, claims: HostClaims) -> None:
    if current_chat(visitor) is None:  # what was typed here before may be somebody else's
        visitor.name = visitor.claimed_email = ""
    index = _external_index(visitor, claims)
    customer = _known_to_host(visitor.widget_id, index)
    if customer is None and claims.email:
        customer, identity = identify_by_email(claims.email, name=claims.name)
        if identity.verified_at is None:
            identity.verified_at, identity.verified_by = now(), "host"
            identity.save(update_fields=["verified_at", "verified_by"])
    if customer is None:  # not who they were as nobody: another may have sat at this browser
        customer = _meet(visitor, claims.name)
    visitor.external_id_index = index
    visitor.name = claims.name or visitor.name
    prove(visitor, customer, by="host")


def _known_to_host(widget: UUID, index: bytes) -> Customer | None:
    before = Visitor.objects.filter(widget=widget, external_id_index=index, verified_by="host")
    known = before.exclude(customer=None).filter(customer__merged_into=None)
    found = known.select_related("customer").order_by("pk").first()
    return found.customer if found else None


def prove(visitor: Visitor, customer: Customer, *, by: str, address: str = "") -> None:
    """From here on they are this customer; the visitor is locked. ``address`` is what they have
    proved to read."""
    if _proved_of(customer).filter(banned_until__gt=now()).exists():
        raise Banned("You cannot chat here at the moment.")
    was = visitor.customer
    visitor.customer, visitor.verified_at, visitor.verified_by = customer, now(), by
    visitor.save()
    if was and was.pk != customer.pk:
        join_chats(visitor, was=was, customer=customer, address=address)
    record("visitor.verified", subject=visitor, actor=customer, by=by)
    after_commit(publish, visitor_room(visitor.pk), RESYNC)


def _proved_of(customer: Customer) -> "QuerySet[Visitor]":
    """The browsers of which that customer is known to sit there."""
    return Visitor.objects.filter(customer=customer, verified_at__isnull=False)


def confirm_address(visitor: Visitor, *, address: str, digits: str) -> Visitor:
    """The typed digits show that the address is theirs. Raises ``BadCode``."""
    browser = f"chat:{visitor.pk}"
    digest = hashlib.sha256(browser.encode()).digest()
    asked = SignInCode.objects.filter(address_index=blind.email_index(address), browser=digest)
    code = asked.order_by("-created_at").first()
    if code is None:
        raise BadCode(_("This code is no longer valid. Ask for a new one."), field="code")
    try:
        identity = redeem_code(code.pk, digits, browser=browser)
    except WrongCode as wrong:
        raise BadCode(wrong.reason, field="code") from None
    with transaction.atomic():
        visitor = _lock(visitor)
        prove(visitor, identity.customer, by="code", address=identity.value)
    return visitor


# By the first message


def customer_of(visitor: Visitor, *, name: str, email: str) -> Customer:
    """Whom the visitor's words belong to; the visitor is locked. An address that was only typed
    joins nobody: it is kept as a claim, and is a contact only where nobody else has it."""
    if visitor.verified_at and visitor.customer:
        return visitor.customer
    visitor.name = name or visitor.name
    visitor.claimed_email = email or visitor.claimed_email
    customer = visitor.customer or _meet(visitor, name)
    visitor.customer = customer
    visitor.save(update_fields=["name", "claimed_email", "customer"])
    if email and not customer.identities.filter(kind="email", valid_to=None).exists():
        _claim(customer, email)
    return customer


def _meet(visitor: Visitor, name: str) -> Customer:
    number = {"number": visitor.pk.int % 9000 + 1000}
    shown = name or visitor.name or _("Visitor %(number)d") % number
    return add_customer(name=shown, actor=None, locale=visitor.locale)


def _claim(customer: Customer, email: str) -> None:
    try:
        with transaction.atomic():
            add_identity(customer, kind="email", value=email, actor=None)
    except IdentityTaken:
        pass  # somebody else's: a claim proves nothing


# What they leave


def note_page(visitor: Visitor, *, page: str, referrer: str) -> None:
    visitor.page, visitor.referrer = page[:2000], referrer[:2000]
    visitor.save(update_fields=["page", "referrer"])


def note_seen(visitor: Visitor) -> None:
    """That they are there; written at most so often."""
    if now() - visitor.seen_at > timedelta(seconds=5):
        visitor.seen_at = now()
        Visitor.objects.filter(pk=visitor.pk).update(seen_at=now())
        note_here(visitor)


def note_here(visitor: Visitor) -> None:
    """All their chats, and with proof what they began on another device and read on this one."""
    elsewhere = _begun_elsewhere([visitor.pk]) if visitor.verified_at else []
    _touch(Q(visitor=visitor) | Q(pk__in=elsewhere))


def note_all_here(visitors: Collection[UUID]) -> None:
    _touch(Q(visitor__in=visitors) | Q(pk__in=_begun_elsewhere(visitors)))


@transaction.atomic
def _touch(theirs: Q) -> None:
    """A chat in which something happens just now is passed over: two who note many must not wait
    for each other, and the next time is soon."""
    free = Chat.objects.filter(theirs).select_for_update(skip_locked=True)
    rows = list(free.values_list("pk", "ticket", "left_at"))
    if not rows:
        return
    chats = Chat.objects.filter(pk__in=[pk for pk, _ticket, _left in rows])
    chats.update(visitor_here_at=now(), left_at=None)
    for _pk, ticket, left in rows:
        if left:
            after_commit(tell, ticket)


def _begun_elsewhere(visitors: Collection[UUID]) -> list[UUID]:
    proved = set(
        Visitor.objects.filter(pk__in=visitors, verified_at__isnull=False)
        .exclude(customer=None)
        .values_list("customer", "widget__inbox__brand")
    )
    if not proved:
        return []
    same = Chat.objects.filter(
        visitor__verified_at__isnull=False,
        visitor__customer__in={customer for customer, _brand in proved},
        ticket__customer=F("visitor__customer"),
    ).exclude(visitor__in=visitors)
    rows = same.values_list("pk", "visitor__customer", "widget__inbox__brand")
    return [pk for pk, customer, brand in rows if (customer, brand) in proved]


def note_told(visitor: Visitor, message: ProactiveMessage) -> None:
    told = dict(list((visitor.told | {str(message.pk): now().isoformat()}).items())[-_MOST_TOLD:])
    visitor.told = told
    Visitor.objects.filter(pk=visitor.pk).update(told=told)


# Shutting out


@transaction.atomic
def ban_visitor(visitor: Visitor, *, actor: User, days: int, reason: str) -> Visitor:
    """Their sockets are cut at once, their requests refused from now on; with proof those from
    all browsers in which they have proved to be the same."""
    if not 1 <= days <= 3650:
        raise Invalid(_("Between one day and ten years."), field="days")
    visitor = _lock(visitor)
    visitor.banned_until = now() + timedelta(days=days)
    visitor.save(update_fields=["banned_until"])
    record("visitor.banned", subject=visitor, actor=actor, days=days, reason=reason[:40])
    shut_out = {visitor.pk}
    if visitor.verified_at and visitor.customer:
        same = _proved_of(visitor.customer)
        shut_out |= set(same.values_list("pk", flat=True))
        same.exclude(banned_until__gt=visitor.banned_until).update(
            banned_until=visitor.banned_until
        )
    for pk in shut_out:
        after_commit(publish, visitor_room(pk), RESYNC)
    return visitor


@transaction.atomic
def revoke_visitor(visitor: Visitor, *, actor: User | Customer | None) -> None:
    """The browser's secret opens nothing any more."""
    Visitor.objects.filter(pk=visitor.pk).update(revoked_at=now())
    record("visitor.revoked", subject=visitor, actor=actor)
    after_commit(publish, visitor_room(visitor.pk), RESYNC)


# Sockets


def make_socket_ticket(visitor: Visitor, *, lasts: timedelta = SOCKET_TICKET_LASTS) -> str:
    secret = new_secret()
    SocketTicket.objects.create(digest=digest_of(secret), visitor=visitor, expires_at=now() + lasts)
    return secret


def use_socket_ticket(secret: str, *, widget: ChatWidget) -> Visitor | None:
    """Whose it is, once: whoever comes second with it finds nothing."""
    with prepared_cursor() as cursor:
        cursor.execute(
            "DELETE FROM livechat_socketticket WHERE digest = %s RETURNING visitor_id, expires_at",
            [digest_of(secret)],
        )
        found = cursor.fetchone()
    if found is None or found[1] <= now():
        return None
    visitor = Visitor.objects.select_related("customer").filter(pk=found[0]).first()
    if visitor is None or visitor.widget_id != widget.pk or visitor.revoked_at or visitor.is_banned:
        return None
    visitor.widget = widget
    return visitor


def drop_old_tickets() -> int:
    return SocketTicket.objects.filter(expires_at__lt=now() - SOCKET_TICKET_LASTS).delete()[0]


# Forgetting


def forget_old_visitors(limit: int = 200) -> int:
    """Browsers that have not come back for as long as their widget remembers them. Of those who
    said something only that stays; their token opens nothing any more."""
    count = 0
    for widget in ChatWidget.objects.all():
        old = now() - timedelta(days=widget.keep_days)
        gone = Visitor.objects.filter(widget=widget, seen_at__lt=old, revoked_at=None)
        for visitor in gone[:limit]:
            _forget(visitor)
            count += 1
    return count


@transaction.atomic
def _forget(visitor: Visitor) -> None:
    if Chat.objects.filter(visitor=visitor).exists():
        visitor.page = visitor.referrer = ""
        visitor.told, visitor.revoked_at = {}, now()
        visitor.save(update_fields=["page", "referrer", "told", "revoked_at"])
        return
    pk = visitor.pk
    visitor.delete()
    data_keys.destroy("visitor", pk)
