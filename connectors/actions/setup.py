"""Brands and inboxes."""

from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.actions import check_teams
from accounts.models import User
from connectors.models import Brand, Inbox
from core.errors import Invalid
from core.events import record


@transaction.atomic
def add_brand(name: str, *, actor: User | None = None, signature: str = "", **values: Any) -> Brand:
    """Without a slug of its own it gets a free one from its name."""
    check_brand_name(name)
    slug = values.pop("slug", None) or _free_slug(name)
    brand = Brand.objects.create(name=name, slug=slug, signature=signature, **values)
    record("brand.added", subject=brand, actor=actor)
    return brand


def check_brand_name(name: str, *, besides: Brand | None = None) -> None:
    others = Brand.objects.exclude(pk=besides.pk) if besides else Brand.objects.all()
    if others.filter(name=name).exists():
        raise Invalid(_("There is a brand of this name already."), field="name")


def _free_slug(name: str) -> str:
    """From the name; names without Latin letters get a number."""
    wanted = slugify(name)[:30] or "help"
    taken = set(Brand.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(slug for slug in numbered if slug not in taken)


@transaction.atomic
def add_inbox(*, actor: User | None = None, **fields: Any) -> Inbox:
    if fields.get("address"):
        check_address(fields["address"])
    if actor and fields.get("team"):
        check_teams(actor, [fields["team"]])
    inbox = Inbox.objects.create(**fields)
    record("inbox.added", subject=inbox, actor=actor)
    return inbox


def check_address(address: str, *, besides: Inbox | None = None) -> None:
    """Mail to an address has one way; what stands behind a plus is ours to add."""
    others = Inbox.objects.exclude(pk=besides.pk) if besides else Inbox.objects.all()
    if others.filter(address__iexact=address).exists():
        raise Invalid(_("Another inbox has this address already."), field="address")
    if "+" in address.partition("@")[0]:
        reason = _("An address with a plus in it is answered as the one without; give that one.")
        raise Invalid(reason, field="address")
