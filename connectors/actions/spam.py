"""Blocking senders, and learning from what people judge to be spam."""

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.mail import scoring
from connectors.mail.automatic import is_own
from connectors.mail.sender import ASCII_DOMAIN, normalise
from connectors.models import SenderBlock, SpamWord
from connectors.queries.inboxes import own_addresses
from connectors.queries.spam import TOTAL, block_index, domain_of, word_index
from core import blind
from core.clock import now
from core.errors import Invalid
from core.events import record
from core.ids import new_id


@transaction.atomic
def block_sender(value: str, *, actor: User) -> SenderBlock:
    """``value`` is an address, or a domain with or without its @; blocked twice is blocked once."""
    kind, plain = _read_value(value)
    _refuse_ours(kind, plain)
    indexed = plain if kind == SenderBlock.Kind.ADDRESS else f"@{plain}"
    row = SenderBlock(
        id=new_id(),
        kind=kind,
        value=plain,
        value_index=block_index(indexed),
        blocked_by=actor,
        at=now(),
    )
    SenderBlock.objects.bulk_create([row], ignore_conflicts=True)
    known = SenderBlock.objects.get(value_index=row.value_index)
    if known.pk == row.pk:
        record("sender.blocked", subject=row, actor=actor, kind=kind)
    return known


def _read_value(value: str) -> tuple[str, str]:
    text = value.strip()
    local, at, domain = text.rpartition("@")
    if at and local:
        if address := normalise(text):
            return SenderBlock.Kind.ADDRESS, blind.normalise_email(address)
    elif "." in domain and (address := normalise(f"x@{domain}")):
        found = domain_of(address)
        if ASCII_DOMAIN.fullmatch(found):
            return SenderBlock.Kind.DOMAIN, found
    raise Invalid(_("This is neither a mail address nor a domain."), field="value")


def _refuse_ours(kind: str, value: str) -> None:
    ours = own_addresses()
    people = User.objects.filter(is_active=True)
    if kind == SenderBlock.Kind.ADDRESS:
        is_ours = is_own(value, ours) or people.filter(email__iexact=value).exists()
    else:
        domains = {domain_of(address) for address in ours}
        is_ours = any(domain == value or domain.endswith(f".{value}") for domain in domains)
        is_ours = is_ours or people.filter(email__iendswith=f"@{value}").exists()
    if is_ours:
        raise Invalid(_("Addresses of our own cannot be blocked."), field="value")


@transaction.atomic
def unblock_sender(block: SenderBlock, *, actor: User) -> None:
    deleted, _rows = SenderBlock.objects.filter(pk=block.pk).delete()
    if deleted:
        record("sender.unblocked", subject=block, actor=actor, kind=block.kind)


@transaction.atomic
def judge_words(*, subject: str, text: str, sender: str, spam: int = 0, wanted: int = 0) -> None:
    """Count one mail in (+1) or, where a judgement is taken back, out again (-1)."""
    words = scoring.features_of(subject, text, domain_of(sender))
    indexes = sorted(word_index(word) for word in [TOTAL, *words])
    SpamWord.objects.bulk_create(
        [SpamWord(word_index=index) for index in indexes], ignore_conflicts=True
    )
    # In one order, so that two judgements at once wait for each other and never cross.
    rows = SpamWord.objects.filter(word_index__in=indexes).order_by("word_index")
    list(rows.select_for_update().values_list("pk", flat=True))
    SpamWord.objects.filter(word_index__in=indexes).update(
        spam=Greatest(F("spam") + spam, Value(0)), wanted=Greatest(F("wanted") + wanted, Value(0))
    )
