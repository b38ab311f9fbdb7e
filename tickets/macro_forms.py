"""A macro as its page writes it: each kind of step at most once, carried out from top to bottom."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from customers.models import Tier
from tickets.actions.change import clean_tag
from tickets.models import Category, Macro, Priority, Status
from tickets.queries.conditions import Filter, read_filter
from tickets.queries.types import active_types

_UNCHANGED = ("", gettext_lazy("Leave as it is"))
# The order in which they are carried out: a team lets go of an assignee who is not in it.
_STEPS = (
    "assign_team",
    "assign",
    "set_status",
    "set_priority",
    "set_type",
    "add_tags",
    "remove_tags",
    "add_checklist",
    "follow",
)
# When it is offered: each asks for one of its values.
_CONDITIONS = ("status", "team", "tier", "language", "tags")


class Tags(forms.CharField):
    """Tags with commas between them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        parts = str(super().clean(value) or "").replace("，", ",").split(",")
        return list(dict.fromkeys(filter(None, map(clean_tag, parts))))


class Lines(forms.CharField):
    """Points, one per line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = str(super().clean(value) or "").splitlines()
        return [" ".join(line.split())[:200] for line in lines if line.strip()]


class MacroForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    shortcut = forms.CharField(
        label=gettext_lazy("Shortcut"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("Typed after a slash at the beginning of a line."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    whose = forms.ChoiceField(label=gettext_lazy("Who may use it"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("Any")), *settings.LANGUAGES],
        help_text=gettext_lazy("Those in the customer’s language come first."),
    )
    body = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        strip=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    is_note = forms.BooleanField(label=gettext_lazy("The text is an internal note"), required=False)
    is_public = forms.BooleanField(
        label=gettext_lazy("Offered to customers as an answer in the portal"), required=False
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)
    assign_team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    assign = forms.ChoiceField(label=gettext_lazy("Assignee"), required=False)
    set_status = forms.ChoiceField(label=gettext_lazy("Status"), required=False)
    set_priority = forms.ChoiceField(label=gettext_lazy("Priority"), required=False)
    set_type = forms.ChoiceField(label=gettext_lazy("Type"), required=False)
    add_tags = Tags(label=gettext_lazy("Add tags"), required=False, max_length=400)
    remove_tags = Tags(label=gettext_lazy("Remove tags"), required=False, max_length=400)
    follow = forms.BooleanField(label=gettext_lazy("Follow the ticket"), required=False)
    add_checklist = Lines(
        label=gettext_lazy("Add to the checklist"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One point per line."),
    )
    when_status = forms.MultipleChoiceField(label=gettext_lazy("Status"), required=False)
    when_team = forms.MultipleChoiceField(label=gettext_lazy("Team"), required=False)
    when_tier = forms.MultipleChoiceField(label=gettext_lazy("Tier"), required=False)
    when_language = forms.MultipleChoiceField(label=gettext_lazy("Language"), required=False)
    when_tags = Tags(label=gettext_lazy("Has one of the tags"), required=False, max_length=400)

    def __init__(
        self, data: Any = None, *, user: User, macro: Macro | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, initial=_initial_of(macro, user), **kwargs)
        self.other_conditions = _others_in(macro)
        statuses = [(s.code, _(s.name)) for s in Status.objects.exclude(category="new")]
        people = _ids(User.objects.filter(is_active=True).order_by("name"))
        teams = _ids(Team.objects.order_by("name"))
        whom = [("me", _("Whoever uses it")), ("nobody", _("Nobody")), *people]
        types = [(t.code, t.name) for t in active_types()]
        self._offer("whose", _owners(user))
        self._offer("assign_team", [_UNCHANGED, *teams])
        self._offer("assign", [_UNCHANGED, *whom])
        self._offer("set_status", [_UNCHANGED, *statuses])
        self._offer("set_priority", [_UNCHANGED, *Priority.choices])
        self._offer("set_type", [_UNCHANGED, *types])
        self._offer("when_status", Category.choices, as_boxes=True)
        self._offer("when_team", teams, as_boxes=True)
        tiers = [(t.code, _(t.name)) for t in Tier.objects.all()]
        self._offer("when_tier", tiers, as_boxes=True)
        self._offer("when_language", settings.LANGUAGES, as_boxes=True)

    def _offer(self, name: str, choices: Any, *, as_boxes: bool = False) -> None:
        field: Any = self.fields[name]
        if as_boxes:
            field.widget = forms.CheckboxSelectMultiple()
        field.choices = choices

    @property
    def steps(self) -> list[forms.BoundField]:
        return [self[name] for name in _STEPS]

    @property
    def conditions(self) -> list[forms.BoundField]:
        return [self[f"when_{name}"] for name in _CONDITIONS]

    def fields_of_macro(self) -> dict[str, Any]:
        """What ``actions.save_macro`` takes."""
        clean = self.cleaned_data
        kept = ("name", "shortcut", "language", "body", "is_note", "is_public", "is_active")
        kind, _colon, pk = clean["whose"].partition(":")
        return {name: clean[name] for name in kept} | {
            "shortcut": clean["shortcut"].lstrip("/").strip(),
            "owner_id": UUID(pk) if kind == "user" else None,
            "team_id": UUID(pk) if kind == "team" else None,
            "actions": [step for name in _STEPS if (step := _step(name, clean[name]))],
            "condition": self._condition(),
        }

    def _condition(self) -> Filter:
        """As a saved view keeps it; what this page cannot show stays as it was."""
        chosen = [
            {"field": name, "is": "any", "value": value}
            for name in _CONDITIONS
            if (value := self.cleaned_data[f"when_{name}"])
        ]
        every = [*chosen, *self.other_conditions.get("all", [])]
        some = self.other_conditions.get("any", [])
        return read_filter({"all": every, "any": some}) if every or some else {}


def _step(name: str, value: Any) -> dict[str, Any] | None:
    if not value:
        return None
    if name == "set_priority":
        value = int(value)
    return {"do": name, "value": "" if value == "nobody" else value}


def _initial_of(macro: Macro | None, user: User) -> dict[str, Any]:
    if macro is None:
        return {"whose": f"user:{user.pk}", "is_active": True}
    kept = ("name", "shortcut", "language", "body", "is_note", "is_public", "is_active")
    found: dict[str, Any] = {name: getattr(macro, name) for name in kept}
    found["whose"] = _whose(macro)
    for condition in macro.condition.get("all", []):
        if _is_shown(condition):
            found[f"when_{condition['field']}"] = condition["value"]
    for step in macro.actions:
        value = step.get("value")
        found[step["do"]] = value if value or step["do"] != "assign" else "nobody"
    return found


def _is_shown(condition: dict[str, Any]) -> bool:
    return condition.get("field") in _CONDITIONS and condition.get("is") == "any"


def _others_in(macro: Macro | None) -> Filter:
    if macro is None or not macro.condition:
        return {}
    every = [one for one in macro.condition.get("all", []) if not _is_shown(one)]
    return {"all": every, "any": macro.condition.get("any", [])}


def _whose(macro: Macro) -> str:
    if macro.owner_id:
        return f"user:{macro.owner_id}"
    return f"team:{macro.team_id}" if macro.team_id else "all"


def _owners(user: User) -> list[tuple[str, str]]:
    """Only those for whom this user may keep macros."""
    may_share = user.may("tickets.share_macro")
    teams = Team.objects.order_by("name")
    if not may_share:
        teams = teams.filter(pk__in=user.access.teams)
    everybody = [("all", _("Everybody"))] if may_share else []
    of_teams = [(f"team:{team.pk}", _("Team %(name)s") % {"name": team.name}) for team in teams]
    return [(f"user:{user.pk}", _("Only you")), *of_teams, *everybody]


def _ids(found: Any) -> list[tuple[str, str]]:
    return [(str(thing.pk), str(thing)) for thing in found]
