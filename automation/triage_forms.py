"""From how sure on each thing about a ticket is set by itself."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from automation.models import Triaged, TriageRule
from automation.queries.triage import SETTABLE

_STEPS = (60, 70, 80, 90, 95)


class TriageForm(forms.Form):
    def __init__(self, *args: Any, rules: dict[str, TriageRule], **kwargs: Any) -> None:
        kwargs["initial"] = {field: _choice_of(rule) for field, rule in rules.items()}
        super().__init__(*args, **kwargs)
        for field, label in Triaged.choices:
            choices: list[tuple[str, Any]] = [("off", _("Not looked at")), ("ask", _("Suggested"))]
            if field in SETTABLE:
                choices += [
                    (str(n), _("Set by itself from %(n)d %% on") % {"n": n}) for n in _STEPS
                ]
            else:
                choices[1] = ("ask", _("Shown"))
            self.fields[field] = forms.ChoiceField(
                label=str(label).capitalize(), choices=choices, required=True
            )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        chosen = {field: _read(choice) for field, choice in given.items()}
        return {"chosen": chosen}


def _choice_of(rule: TriageRule) -> str:
    if not rule.is_on:
        return "off"
    return str(rule.applies_from) if rule.applies_from else "ask"


def _read(choice: str) -> tuple[bool, int | None]:
    return choice != "off", int(choice) if choice.isdigit() else None
