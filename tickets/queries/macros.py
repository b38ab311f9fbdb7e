"""Which macros somebody may use, and which of them are offered on a ticket."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.models import Team, User
from tickets.models import Category, Macro, Priority, Status, Ticket
from tickets.queries.conditions import filter_tickets
from tickets.queries.variables import open_variables, render_text

MOST = 300


@dataclass(frozen=True, slots=True)
class Effect:
    """What a macro is about to change, for a page that shows it before it has happened."""

    field: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Offer:
    macro: Macro
    text: str
    effects: list[Effect]
    unfilled: list[str]

    @property
    def summary(self) -> str:
        """What it changes, and how its text begins."""
        parts = [effect.label for effect in self.effects if effect.label]
        return " · ".join([*parts, self.text[:200]] if self.text else parts)


def visible_macros(user: User) -> "QuerySet[Macro]":
    found: QuerySet[Macro] = Macro.objects.visible_to(user)  # type: ignore[assignment]
    return found.select_related("owner", "team")


def editable_macros(user: User) -> "QuerySet[Macro]":
    """One's own, those of one's teams, and everybody's for those who may share them."""
    if not user.may("tickets.view_ticket"):
        return Macro.objects.none()  # type: ignore[return-value]
    shared = Q(owner=user) | Q(team_id__in=user.access.teams)
    if user.may("tickets.share_macro"):
        shared |= Q(owner=None)
    return Macro.objects.select_related("owner", "team").filter(shared)  # type: ignore[return-value]


def find_macro(user: User, pk: UUID) -> Macro:
    """A macro in use that is visible to the user."""
    return get_object_or_404(visible_macros(user), pk=pk, is_active=True)


def ticket_for_text(user: User, pk: UUID) -> Ticket:
    """A visible ticket with all that variables may name."""
    found = (
        Ticket.objects.visible_to(user)
        .select_related("customer__organisation", "customer__tier", "team", "inbox__brand")
        .select_related("status", "assignee")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404("No such ticket.")
    return found


def offered_macros(user: User, ticket: Ticket) -> list[Offer]:
    """Those whose condition holds, the customer's language first.

    ``ticket`` comes from ``ticket_for_text``.
    """
    macros = _that_hold(list(visible_macros(user).filter(is_active=True)[:MOST]), ticket, user)
    names = _Names(macros)
    offers = [_offer(macro, ticket, user, names) for macro in macros]
    return sorted(offers, key=lambda offer: _rank(offer.macro.language, ticket.language))


def _offer(macro: Macro, ticket: Ticket, user: User, names: "_Names") -> Offer:
    text = render_text(macro.body, ticket=ticket, user=user)
    return Offer(
        macro=macro,
        text=text,
        effects=[names.effect_of(step, user) for step in macro.actions],
        unfilled=open_variables(text),
    )


def _rank(language: str, wanted: str) -> int:
    """0 in the customer's language, 1 in a near one or in none, 2 in another."""
    if language and language == wanted:
        return 0
    is_near = language.partition("-")[0] == wanted.partition("-")[0]
    return 1 if not language or is_near else 2


class _Names:
    """Names behind the values of all these macros, in one query of each kind."""

    def __init__(self, macros: list[Macro]) -> None:
        steps = [step for macro in macros for step in macro.actions]
        self.users = _names(User, "assign", steps)
        self.teams = _names(Team, "assign_team", steps)
        self.statuses = {}
        if any(step.get("do") == "set_status" for step in steps):
            self.statuses = dict(Status.objects.values_list("code", "name"))

    def effect_of(self, step: dict[str, Any], user: User) -> Effect:
        do, value = str(step.get("do", "")), step.get("value")
        match do:
            case "set_status":
                return Effect("status", str(value), _(self.status_name(str(value))))
            case "assign" if value == "me":
                return Effect("assignee", str(user.pk), user.name)
            case "assign":
                return Effect("assignee", str(value or ""), self.users.get(str(value), _("Nobody")))
            case "assign_team":
                return Effect("team", str(value or ""), self.teams.get(str(value), _("No team")))
            case "set_priority":
                return Effect("priority", str(value), str(Priority(int(value or 0)).label))
            case "add_tags" | "remove_tags":
                return Effect(do, " ".join(value or []), ", ".join(value or []))
        return Effect(do, str(value or ""), "")

    def status_name(self, code: str) -> str:
        known = self.statuses.get(code)
        return known or (str(Category(code).label) if code in Category.values else code)


def _names(model: Any, do: str, steps: list[dict[str, Any]]) -> dict[str, str]:
    wanted = {step.get("value") for step in steps if step.get("do") == do} - {"me", "", None}
    if not wanted:
        return {}
    return {
        str(pk): name for pk, name in model.objects.filter(pk__in=wanted).values_list("pk", "name")
    }


def _that_hold(macros: list[Macro], ticket: Ticket, user: User) -> list[Macro]:
    """Those that are meant for a ticket like this: all conditions asked in one query."""
    asked = {macro.pk: macro for macro in macros if is_asked(macro.condition)}
    if not asked:
        return macros
    same = Ticket.objects.filter(pk=OuterRef("pk"))
    answers = {
        f"m{pk.hex}": Exists(filter_tickets(same, macro.condition, user=user))
        for pk, macro in asked.items()
    }
    [row] = Ticket.objects.filter(pk=ticket.pk).annotate(**answers).values(*answers)
    return [macro for macro in macros if macro.pk not in asked or row[f"m{macro.pk.hex}"]]


def is_asked(condition: dict[str, Any]) -> bool:
    return bool(condition.get("all") or condition.get("any"))
