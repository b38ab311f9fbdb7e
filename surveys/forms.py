"""What is entered on the pages of surveys."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Team, User
from connectors.models import Brand, Inbox
from customers.models import Tier
from surveys.models import Cause, RecoveryTask, Survey, SurveyPolicy, SurveyVersion
from surveys.models.definitions import Metric
from surveys.queries.tasks import who_may_own
from surveys.questions import DIMENSIONS, GRID, READY, ready_grid
from tickets.models import TicketType

LANGUAGES = [code for code, _name in settings.LANGUAGES]
_MANY = forms.CheckboxSelectMultiple
# In the form's order; a question of one's own has a line per language.
_OWN = 3


class SurveyForm(forms.Form):
    """When and whom it asks."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)
    delay_minutes = forms.IntegerField(
        label=_("Minutes after it was solved"), min_value=0, max_value=43200, initial=60
    )
    share = forms.IntegerField(
        label=_("Share asked, in per cent"), min_value=1, max_value=100, initial=100
    )
    remind_days = forms.IntegerField(
        label=_("Reminded once after days"),
        min_value=1,
        max_value=60,
        required=False,
        initial=3,
        help_text=_("Empty: never."),
    )
    expires_days = forms.IntegerField(
        label=_("May be answered for days"), min_value=1, max_value=120, initial=14
    )
    inboxes = forms.ModelMultipleChoiceField(
        Inbox.objects.order_by("name"), label=_("Inboxes"), required=False, widget=_MANY
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.order_by("name"), label=_("Teams"), required=False, widget=_MANY
    )
    tiers = forms.ModelMultipleChoiceField(
        Tier.objects.all(), label=_("Tiers"), required=False, widget=_MANY
    )
    types = forms.MultipleChoiceField(
        label=_("Types"),
        required=False,
        widget=_MANY,
        help_text=_("None ticked: all. The first survey that fits is used."),
    )
    position = forms.IntegerField(label=_("Order"), min_value=0, max_value=999, initial=50)

    def __init__(self, *args: Any, survey: Survey | None = None, **kwargs: Any) -> None:
        if survey:
            kwargs["initial"] = {name: getattr(survey, name) for name in self.base_fields}
            for name in ("inboxes", "teams", "tiers"):
                kwargs["initial"][name] = [one.pk for one in getattr(survey, name).all()]
        super().__init__(*args, **kwargs)
        types: Any = self.fields["types"]
        types.choices = [(one.code, one.name) for one in TicketType.objects.all()]


class VersionForm(forms.Form):
    """What it asks. Languages left empty fall back to those that are filled in."""

    metric = forms.ChoiceField(label=_("Measures"), choices=Metric.choices)
    ready = forms.MultipleChoiceField(
        label=_("Ready questions"),
        required=False,
        widget=_MANY,
        choices=[
            ("speed", _("Speed of our answers")),
            ("solution", _("How well it was solved")),
            ("attitude", _("How they were treated")),
        ],
    )

    def __init__(self, *args: Any, version: SurveyVersion | None = None, **kwargs: Any) -> None:
        if version:
            kwargs["initial"] = _initial_of(version)
        super().__init__(*args, **kwargs)
        for code, name in settings.LANGUAGES:
            self.fields[f"question_{code}"] = forms.CharField(
                label=_("First question"),
                max_length=300,
                required=False,
                label_suffix=name,
                help_text=name,
            )
        for code, name in settings.LANGUAGES:
            self.fields[f"thanks_{code}"] = forms.CharField(
                label=_("Words of thanks"), max_length=300, required=False, help_text=name
            )
        for number in range(1, _OWN + 1):
            self._add_own(number)

    def _add_own(self, number: int) -> None:
        self.fields[f"own_{number}_kind"] = forms.ChoiceField(
            label=_("Question of your own"),
            required=False,
            choices=[
                ("", _("none")),
                ("scale", _("Scale, 1–5")),
                ("choice", _("One of several")),
                ("text", _("Free text")),
                ("grid", _("Grid, each line 1–5")),
            ],
        )
        for code, name in settings.LANGUAGES:
            self.fields[f"own_{number}_{code}"] = forms.CharField(
                label=_("Its words"),
                required=False,
                help_text=name,
                widget=forms.Textarea(attrs={"rows": 2}),
                max_length=2000,
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        texts = {
            name: {code: given.get(f"{name}_{code}", "") for code in LANGUAGES}
            for name in ("question", "thanks")
        }
        questions = [ready_grid(given["ready"])] if given.get("ready") else []
        for number in range(1, _OWN + 1):
            if kind := given.get(f"own_{number}_kind"):
                questions.append(_own_question(number, kind, given))
        return {"metric": given.get("metric", ""), "questions": questions, "texts": texts}


def _own_question(number: int, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """The first line is the question, each further one something to choose or a line of a grid."""
    lines = {
        code: [line.strip() for line in given.get(f"own_{number}_{code}", "").splitlines()]
        for code in LANGUAGES
    }
    found: dict[str, Any] = {
        "code": f"own_{number}",
        "kind": kind,
        "text": {code: said[0] for code, said in lines.items() if said},
    }
    if part := {"choice": "options", "grid": "rows"}.get(kind):
        most = max((len(said) for said in lines.values()), default=0)
        found[part] = [
            {
                "code": f"c{place}",
                "text": {code: said[place] for code, said in lines.items() if len(said) > place},
            }
            for place in range(1, most)
        ]
    return found


def _initial_of(version: SurveyVersion) -> dict[str, Any]:
    initial: dict[str, Any] = {"metric": version.metric, "ready": []}
    for name, texts in version.texts.items():
        initial |= {f"{name}_{code}": text for code, text in texts.items()}
    own = 0
    for one in version.questions:
        if one["code"] == DIMENSIONS and one["kind"] == GRID:
            initial["ready"] = [row["code"] for row in one["rows"] if row["code"] in READY]
            continue
        own += 1
        initial[f"own_{own}_kind"] = one["kind"]
        for code in LANGUAGES:
            parts = [*one.get("options", []), *one.get("rows", [])]
            said = [one["text"].get(code, ""), *(part["text"].get(code, "") for part in parts)]
            initial[f"own_{own}_{code}"] = "\n".join(said).rstrip()
    return initial


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SurveyPolicy
        fields = ["cap", "cap_days", "edit_hours", "recovery_hours", "control_share", "least"]


class CauseForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Cause
        fields = ["name", "parent", "harm", "is_active"]


class ImprovementForm(forms.Form):
    """What was changed, in the languages customers read."""

    brand = forms.ModelChoiceField(
        Brand.objects.order_by("name"), label=_("Brand"), required=False, empty_label=_("all")
    )
    tells = forms.BooleanField(
        label=_("Tell those who gave a low score because of it that month"),
        required=False,
        initial=True,
        help_text=_("Each in their own request, once, as soon as it has been put right."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, name in settings.LANGUAGES:
            self.fields[f"words_{code}"] = forms.CharField(
                label=format_lazy("{} · {}", _("You said, we did"), name),
                required=False,
                max_length=3000,
                widget=forms.Textarea(attrs={"rows": 3}),
            )
        self.order_fields([f"words_{code}" for code in LANGUAGES])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        texts = {code: given.get(f"words_{code}", "") for code in LANGUAGES}
        return {"brand": given.get("brand"), "tells": given.get("tells", False), "texts": texts}


class RecoveryForm(forms.Form):
    cause = forms.ModelChoiceField(
        Cause.objects.select_related("parent"), label=_("Cause"), required=False, empty_label="—"
    )
    remedy = forms.CharField(
        label=_("Remedy"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What was done about it."),
    )
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Owner"), required=False)
    told = forms.CharField(
        label=_("You said, we did"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Sent to the customer when this is closed."),
    )
    asks_again = forms.BooleanField(label=_("Ask once more how it is now"), required=False)

    def __init__(self, *args: Any, task: RecoveryTask, **kwargs: Any) -> None:
        kwargs["initial"] = {"cause": task.cause, "remedy": task.remedy, "owner": task.owner}
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        owner.queryset = who_may_own(task)
        cause: Any = self.fields["cause"]
        cause.queryset = Cause.objects.filter(is_active=True).select_related("parent")
