"""What admins set up: tiers, and fields of their own."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import HelpdeskError, Invalid
from core.events import record
from core.ids import new_id
from customers.models import Customer, CustomField, Tier


class StillUsed(HelpdeskError):
    code = "still_used"


@transaction.atomic
def add_tier(*, actor: User, is_default: bool = False, **values: Any) -> Tier:
    _refuse_twin(values["name"], None)
    _make_room(is_default, None)
    code = _free_code(Tier.objects.all(), values["name"], 50)
    tier = Tier.objects.create(code=code, is_default=is_default, **values)
    record("tier.added", subject=tier, actor=actor, tier=code)
    return tier


@transaction.atomic
def change_tier_settings(tier: Tier, *, actor: User, is_default: bool, **values: Any) -> Tier:
    """What the tier means; it holds for everybody who has it."""
    tier = Tier.objects.select_for_update().get(pk=tier.pk)
    if tier.is_default and not is_default:
        reason = _("Somebody we meet first needs a tier. Choose another one for them instead.")
        raise Invalid(reason, field="is_default")
    _refuse_twin(values["name"], tier)
    _make_room(is_default, tier)
    values["is_default"] = is_default
    changed = [key for key, value in values.items() if getattr(tier, key) != value]
    for key in changed:
        setattr(tier, key, values[key])
    if changed:
        tier.save(update_fields=changed)
        record("tier.changed", subject=tier, actor=actor, tier=tier.code, fields=changed)
    return tier


@transaction.atomic
def delete_tier(tier: Tier, *, actor: User) -> None:
    if tier.is_default:
        raise StillUsed(_("This tier is for customers we meet first; it has to stay."))
    if Customer.objects.filter(tier=tier).exists():
        raise StillUsed(_("Customers have this tier. Give them another one first."))
    record("tier.removed", subject=tier, actor=actor, tier=tier.code)
    tier.delete()


def _refuse_twin(name: str, tier: Tier | None) -> None:
    if Tier.objects.filter(name=name).exclude(pk=tier.pk if tier else new_id()).exists():
        raise Invalid(_("There is a tier of this name already."), field="name")


def _make_room(is_default: bool, tier: Tier | None) -> None:
    if is_default:
        others = Tier.objects.filter(is_default=True)
        others.exclude(pk=tier.pk if tier else new_id()).update(is_default=False)


# Fields


@transaction.atomic
def add_field(*, actor: User, **values: Any) -> CustomField:
    """Owner, kind, code and whether it is personal stay as they are from now on."""
    owner = values["owner"]
    same = CustomField.objects.filter(owner=owner)
    code = _free_code(same, values["name"], 40)
    last = same.aggregate(last=Max("position"))["last"] or 0
    _check_options(values)
    field = CustomField.objects.create(code=code, position=last + 1, **values)
    record("custom_field.added", subject=field, actor=actor, field=f"{owner}.{code}")
    return field


@transaction.atomic
def change_field(field: CustomField, *, actor: User, **values: Any) -> CustomField:
    field = CustomField.objects.select_for_update().get(pk=field.pk)
    _check_options({"kind": field.kind} | values)
    changed = [key for key, value in values.items() if getattr(field, key) != value]
    for key in changed:
        setattr(field, key, values[key])
    if changed:
        field.save(update_fields=changed)
        name = f"{field.owner}.{field.code}"
        record("custom_field.changed", subject=field, actor=actor, field=name, changed=changed)
    return field


@transaction.atomic
def move_field(field: CustomField, *, up: bool, actor: User) -> None:
    """One place up or down among the fields of its owner."""
    same = CustomField.objects.select_for_update().filter(owner=field.owner)
    order = list(same.order_by("position", "name"))
    at = next(index for index, row in enumerate(order) if row.pk == field.pk)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(order):
        return
    order[at], order[other] = order[other], order[at]
    for position, row in enumerate(order):
        row.position = position
    CustomField.objects.bulk_update(order, ["position"])
    name = f"{field.owner}.{field.code}"
    record("custom_field.moved", subject=field, actor=actor, field=name)


def _check_options(values: dict[str, Any]) -> None:
    needs = values["kind"] in (CustomField.Kind.CHOICE, CustomField.Kind.CHOICES)
    if needs and not values.get("options"):
        raise Invalid(_("A list needs at least one choice."), field="options")


def _free_code(rows: Any, name: str, length: int) -> str:
    """From the name; a name without Latin letters gets one of our own making."""
    wanted = slugify(name)[: length - 4].strip("-") or new_id().hex[-8:]
    taken = set(rows.filter(code__startswith=wanted).values_list("code", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(code for code in numbered if code not in taken)
