"""What admins enter about rules. The rule itself is put together on the page and sent as JSON."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Team
from automation.actions.rule_account import ALL_TICKETS, AT_FIRST, CHOICES, NAME, find_rule_account
from automation.models import Rule, RuleVersion
from core.errors import Invalid

_LONGEST = 100_000
EMPTY: dict[str, Any] = {
    "when": {"kind": "event", "events": ["message.received"]},
    "if": {"all": []},
    "then": [],
}


class RuleForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)
    body = forms.CharField(widget=forms.HiddenInput, max_length=_LONGEST)
    stops = forms.BooleanField(
        label=gettext_lazy("Where this rule ran, ask no later rule"), required=False
    )

    def __init__(
        self, *args: Any, rule: Rule | None = None, version: RuleVersion | None = None, **kw: Any
    ) -> None:
        body = written(version) if version else EMPTY
        initial = {"name": rule.name if rule else "", "body": json.dumps(body)}
        kw["initial"] = initial | {"stops": bool(version and version.stops)}
        super().__init__(*args, **kw)

    def clean_body(self) -> dict[str, Any]:
        try:
            return read_body(self.cleaned_data["body"])
        except Invalid as refusal:
            raise forms.ValidationError(refusal.reason) from None

    @property
    def shown(self) -> dict[str, Any]:
        """What the page begins with: as it was sent, or as it is kept."""
        try:
            return read_body(self["body"].value())
        except Invalid:
            return EMPTY

    def as_given(self) -> dict[str, Any]:
        body = self.cleaned_data["body"]
        return {
            "name": self.cleaned_data["name"],
            "trigger": body["when"],
            "conditions": body["if"],
            "steps": body["then"],
            "stops": self.cleaned_data["stops"],
        }


def written(version: RuleVersion) -> dict[str, Any]:
    return {"when": version.trigger, "if": version.conditions, "then": version.steps}


def read_body(raw: Any) -> dict[str, Any]:
    """Its three parts, each of the right shape outside; what is in them is read when it is kept."""
    try:
        body = json.loads(str(raw)[:_LONGEST])
    except ValueError:
        body = None
    shapes = {"when": dict, "if": dict, "then": list}
    if not isinstance(body, dict) or not all(
        isinstance(body.get(part), shape) for part, shape in shapes.items()
    ):
        raise Invalid(_("This is no rule."), field="body")
    if not all(isinstance(step, dict) for step in body["then"]):
        raise Invalid(_("This is no rule."), field="body")
    return {part: body[part] for part in shapes}


_RIGHT_NAMES = {
    "tickets.change_ticket": gettext_lazy("Assign, tag, prioritise and resolve tickets"),
    "tickets.note_ticket": gettext_lazy("Write notes"),
    "tickets.reply_ticket": gettext_lazy("Answer customers"),
    "tickets.reopen_closed_ticket": gettext_lazy("Reopen closed tickets"),
}


class RuleAccountForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("The name under which rules act"),
        max_length=60,
        help_text=gettext_lazy("Customers read it under what rules write to them."),
    )
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("What rules may do"),
        required=False,
        choices=[(right, _RIGHT_NAMES[right]) for right in CHOICES],
        widget=forms.CheckboxSelectMultiple(),
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.all(),
        label=gettext_lazy("Whose tickets"),
        required=False,
        help_text=gettext_lazy("None chosen: the tickets of all teams."),
        widget=forms.CheckboxSelectMultiple(),
    )

    def __init__(self, *args: Any, **kw: Any) -> None:
        account = find_rule_account()
        rights = account.access.rights if account else set(AT_FIRST)
        initial = {
            "name": account.name if account else NAME,
            "rights": [right for right in CHOICES if right in rights],
            "teams": [] if account is None or ALL_TICKETS in rights else list(account.access.teams),
        }
        kw["initial"] = initial
        super().__init__(*args, **kw)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        teams = given.get("teams")
        given["teams"] = list(teams) if teams else None
        return given
