"""What admins enter about promises of service."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Calendar
from automation.models import Policy, PolicyVersion
from automation.sla.shapes import BUILT_IN
from connectors.models import Inbox
from core.fields import warm_keys
from customers.models import Organisation, Tier
from tickets.models import Category, Priority
from tickets.queries.types import active_types

METRICS = {
    "first_response": gettext_lazy("First response"),
    "next_response": gettext_lazy("Next response"),
    "resolution": gettext_lazy("Resolution"),
}
OWN = "own"
# The usual time first, then what is otherwise for a priority.
PRIORITIES = ("", *(priority.name.lower() for priority in reversed(Priority)))
_PAUSES = (Category.WAITING_CUSTOMER, Category.WAITING_THIRD_PARTY)
_SPAN = re.compile(r"^(?:(\d{1,4}) ?h)? ?(?:(\d{1,5}) ?min)?$", re.ASCII)
_CONDITIONS = ("tier", "type", "priority", "channel", "organisation")
_MOST_ORGANISATIONS = 200
TRIGGERS = [
    ("opened", gettext_lazy("the ticket is opened")),
    ("asked", gettext_lazy("the customer writes")),
    ("answered", gettext_lazy("a person answers")),
    ("bot_answered", gettext_lazy("a bot answers")),
    ("assigned", gettext_lazy("it is assigned")),
    ("status:waiting_third_party", gettext_lazy("it waits for a third party")),
    ("status:waiting_customer", gettext_lazy("it waits for the customer")),
    ("status:open", gettext_lazy("it is open again")),
    ("status:resolved", gettext_lazy("it is resolved")),
]


class SpanField(forms.CharField):
    """Working time as people write it: "4 h", "30 min", "1 h 30 min"; in minutes, 0 for none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=20, **kwargs)

    def clean(self, value: Any) -> int:
        text = super().clean(value).strip().lower()
        if not text:
            return 0
        found = _SPAN.match(text)
        if not found or not (minutes := int(found[1] or 0) * 60 + int(found[2] or 0)):
            raise forms.ValidationError(_("Write a length of time such as 30 min or 4 h."))
        return minutes


def write_span(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, [f"{hours} h" if hours else "", f"{rest} min" if rest else ""]))


class PolicyForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)
    tier = forms.MultipleChoiceField(label=gettext_lazy("Tiers"), required=False)
    type = forms.MultipleChoiceField(label=gettext_lazy("Types"), required=False)
    priority = forms.MultipleChoiceField(
        label=gettext_lazy("Priorities"),
        required=False,
        choices=[(p.name.lower(), p.label) for p in reversed(Priority)],
    )
    channel = forms.MultipleChoiceField(
        label=gettext_lazy("Channels"), required=False, choices=Inbox.Kind
    )
    organisation = forms.MultipleChoiceField(label=gettext_lazy("Organisations"), required=False)
    hours = forms.ChoiceField(label=gettext_lazy("Time counts"), choices=PolicyVersion.Hours)
    calendar = forms.ModelChoiceField(
        Calendar.objects.all(), label=gettext_lazy("Working hours"), required=False
    )
    zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=PolicyVersion.Zone)
    warn = forms.IntegerField(
        label=gettext_lazy("Warn when so much of the time is used, in per cent"),
        min_value=10,
        max_value=100,
        initial=80,
    )
    pauses = forms.MultipleChoiceField(
        label=gettext_lazy("The time to resolve stands still while it is"),
        required=False,
        choices=[(category.value, category.label) for category in _PAUSES],
        initial=[str(category) for category in _PAUSES],
    )
    response_pauses = forms.MultipleChoiceField(
        label=gettext_lazy("The times to respond stand still while it is"),
        required=False,
        choices=[(category.value, category.label) for category in _PAUSES],
    )
    own_name = forms.CharField(
        label=gettext_lazy("Another time of your own"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("For example “Time until assigned”. Empty: none."),
    )
    own_starts = forms.ChoiceField(
        label=gettext_lazy("It starts when"), choices=TRIGGERS, required=False, initial="opened"
    )
    own_stops = forms.ChoiceField(
        label=gettext_lazy("It ends when"), choices=TRIGGERS, required=False, initial="assigned"
    )
    _BOXES = ("tier", "type", "priority", "channel", "organisation", "pauses", "response_pauses")

    def __init__(
        self, *args: Any, policy: Policy | None = None, version: PolicyVersion | None, **kw: Any
    ) -> None:
        super().__init__(*args, initial=_initial(policy, version), **kw)
        for name in self._BOXES:
            self.fields[name].widget = forms.CheckboxSelectMultiple()
        self._offer("tier", [(tier.code, str(tier)) for tier in Tier.objects.all()])
        self._offer("type", [(kind.code, kind.name) for kind in active_types()])
        self._offer("organisation", _organisations())
        for name in ("priority", "channel", "pauses", "response_pauses"):
            self._offer(name, self.fields[name].choices)
        for metric in (*BUILT_IN, OWN):
            for priority in PRIORITIES:
                self.fields[f"{metric}_{priority}"] = SpanField(label=_label(metric, priority))

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = list(choices)

    @property
    def condition_fields(self) -> list[BoundField]:
        return [self[name] for name in _CONDITIONS if self.fields[name].choices]

    @property
    def priority_names(self) -> list[Any]:
        return [gettext_lazy("Usually"), *(p.label for p in reversed(Priority))]

    @property
    def grid(self) -> Iterator[tuple[str, list[BoundField]]]:
        for metric in (*BUILT_IN, OWN):
            name = METRICS.get(metric, gettext_lazy("Your own"))
            yield str(name), [self[f"{metric}_{priority}"] for priority in PRIORITIES]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("own_name") and given.get("own_starts") == given.get("own_stops"):
            self.add_error("own_stops", _("It cannot start and end with the same."))
        return given

    def as_given(self) -> dict[str, Any]:
        """What ``actions.save_draft`` takes; the form is valid."""
        clean = self.cleaned_data
        return {
            "name": clean["name"],
            "conditions": {name: clean[name] for name in _CONDITIONS},
            "targets": list(self._targets(clean)),
            "hours": clean["hours"],
            "calendar": clean["calendar"],
            "zone": clean["zone"],
        }

    def _targets(self, clean: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for metric in (*BUILT_IN, OWN):
            given = {name: clean[f"{metric}_{name}"] for name in PRIORITIES}
            minutes = {name: value for name, value in given.items() if value}
            if not minutes or (metric == OWN and not clean["own_name"]):
                continue
            is_resolution = metric == "resolution"
            target: dict[str, Any] = {
                "metric": metric,
                "minutes": minutes,
                "warn": clean["warn"],
                "pauses": clean["pauses"] if is_resolution else clean["response_pauses"],
            }
            if metric == OWN:
                target |= {
                    "metric": clean["own_name"],
                    "starts": [clean["own_starts"]],
                    "stops": [clean["own_stops"]],
                    "pauses": [],
                }
            yield target


def _label(metric: str, priority: str) -> str:
    name = str(METRICS.get(metric, _("Your own")))
    return f"{name}, {Priority[priority.upper()].label}" if priority else name


def _organisations() -> list[tuple[str, str]]:
    found = list(Organisation.objects.order_by("pk")[:_MOST_ORGANISATIONS])
    warm_keys(found)
    return sorted(((str(row.pk), row.name) for row in found), key=lambda pair: pair[1].lower())


def _initial(policy: Policy | None, version: PolicyVersion | None) -> dict[str, Any]:
    if version is None:
        return {}
    initial: dict[str, Any] = {
        "name": policy.name if policy else "",
        "hours": version.hours,
        "calendar": version.calendar_id,
        "zone": version.zone,
        "pauses": [],
        **version.conditions,
    }
    for target in version.targets:
        metric = target["metric"] if target["metric"] in BUILT_IN else OWN
        for priority, minutes in target["minutes"].items():
            initial[f"{metric}_{priority}"] = write_span(minutes)
        initial["warn"] = target.get("warn", 80)
        if metric == OWN:
            initial |= {"own_name": target["metric"]}
            initial |= {"own_starts": target["starts"][0], "own_stops": target["stops"][0]}
        else:
            key = "pauses" if metric == "resolution" else "response_pauses"
            initial[key] = target.get("pauses", [])
    return initial
