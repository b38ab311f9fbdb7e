"""What is said about routing on its pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Team, User
from automation.models import AgentCapacity, AgentSkill, Skill, TeamRouting
from automation.models.routing import HIGHEST_LEVEL
from automation.queries.floor import USUAL_UNITS
from connectors.models import Inbox
from tickets.models import TicketType

_LEVELS = [(n, str(n)) for n in range(1, HIGHEST_LEVEL + 1)]


def _minutes(label: Any, help_text: Any = "", *, is_needed: bool = False) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, required=is_needed, min_value=0, max_value=10_000
    )


class TeamRoutingForm(forms.Form):
    mode = forms.ChoiceField(label=_("How tickets find somebody"), choices=TeamRouting.Mode)
    follows_hours = forms.BooleanField(
        label=_("Give out only within working hours"), required=False
    )
    preferred_after = _minutes(
        _("Minutes until wished skills are given up"), _("Left empty: never.")
    )
    language_after = _minutes(_("Minutes until the language is given up"))
    level_after = _minutes(_("Minutes until the least level is enough"))
    overflow_after = _minutes(_("Minutes until other teams help"))
    overflow = forms.ModelMultipleChoiceField(
        Team.objects.none(),
        label=_("Teams that help"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    starves_after = _minutes(
        _("Minutes after which a ticket goes before all others"),
        _("Whatever its tier; the longest wait first."),
        is_needed=True,
    )
    takes_back_after = _minutes(
        _("Minutes until the tickets of who went away come to others"),
        _("Only what was given out, and only if somebody else is there. Left empty: never."),
    )
    window_hours = forms.IntegerField(
        label=_("Hours over which work is shared evenly"), min_value=1, max_value=168
    )

    def __init__(self, *args: Any, routing: TeamRouting, **kwargs: Any) -> None:
        values = {name: getattr(routing, name, None) for name in self.base_fields}
        values["overflow"] = list(routing.overflow.all())
        kwargs["initial"] = values
        super().__init__(*args, **kwargs)
        overflow: Any = self.fields["overflow"]
        overflow.queryset = Team.objects.exclude(pk=routing.team_id)


class AbilitiesForm(forms.Form):
    units = forms.IntegerField(
        label=_("Units at a time"),
        min_value=0,
        max_value=200,
        help_text=_("An open ticket weighs one, a chat two. What waits for the customer: nothing."),
    )
    chats = forms.IntegerField(label=_("Chats at a time"), min_value=0, max_value=20)

    def __init__(self, *args: Any, user: User, skills: list[Skill], **kwargs: Any) -> None:
        row = AgentCapacity.objects.filter(user=user).first()
        held = dict(AgentSkill.objects.filter(user=user).values_list("skill", "level"))
        self.skills = skills
        initial = {"units": row.units if row else USUAL_UNITS, "chats": user.chat_capacity}
        initial |= {f"skill_{skill.pk}": held.get(skill.pk, 0) for skill in skills}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        for skill in skills:
            known = [(1, _("yes"))] if skill.kind == Skill.Kind.LANGUAGE else _LEVELS
            self.fields[f"skill_{skill.pk}"] = forms.TypedChoiceField(
                label=skill.name, choices=[(0, "–"), *known], coerce=int, required=False
            )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        levels = {skill.pk: given.pop(f"skill_{skill.pk}", 0) or 0 for skill in self.skills}
        return given | {"levels": levels}


class SkillForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    language = forms.ChoiceField(
        label=_("A language?"),
        required=False,
        choices=[("", _("No, a skill")), *settings.LANGUAGES],
    )


class RuleForm(forms.Form):
    skill = forms.ModelChoiceField(
        Skill.objects.filter(kind=Skill.Kind.SKILL), label=_("Skill"), empty_label=None
    )
    level = forms.TypedChoiceField(label=_("Level asked for"), choices=_LEVELS, coerce=int)
    least = forms.TypedChoiceField(
        label=_("Least level"),
        choices=_LEVELS,
        coerce=int,
        help_text=_("Enough for who has waited long; never below it."),
    )
    is_required = forms.BooleanField(
        label=_("Required"),
        required=False,
        initial=True,
        help_text=_("Else it is wished for, and given up while somebody waits."),
    )
    team = forms.ModelChoiceField(
        Team.objects.all(), label=_("Team"), required=False, empty_label=_("Every team")
    )
    inbox = forms.ModelChoiceField(
        Inbox.objects.order_by("name"),
        label=_("Inbox"),
        required=False,
        empty_label=_("Every inbox"),
    )
    type = forms.ChoiceField(label=_("Type"), required=False)
    tag = forms.CharField(label=_("Tag"), required=False, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(one.code, one.name) for one in TicketType.objects.filter(is_active=True)]
        field: Any = self.fields["type"]
        field.choices = [("", _("Every type")), *kinds]
