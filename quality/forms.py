"""Criteria of a rubric, and coaching."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quality.models import Inspection, Rubric
from quality.scenarios import SCENARIOS


class CriterionForm(forms.Form):
    code = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Criterion"), max_length=80)
    weight = forms.IntegerField(label=_("Weight"), min_value=0, max_value=100, initial=1)
    is_critical = forms.BooleanField(label=_("Critical"), required=False)


class _CriterionFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    def criteria(self) -> list[dict[str, Any]]:
        """As they stand, without those that were struck out or left empty."""
        return [
            {name: one.cleaned_data.get(name) for name in ("code", "name", "weight", "is_critical")}
            for one in self.forms
            if one.cleaned_data.get("name") and not one.cleaned_data.get("DELETE")
        ]


CriterionFormSet = forms.formset_factory(
    CriterionForm, formset=_CriterionFormSet, extra=2, can_delete=True, max_num=32
)


class CoachingForm(forms.Form):
    criterion = forms.ChoiceField(label=_("To work at"))
    words = forms.CharField(
        label=_("What to do better"), widget=forms.Textarea(attrs={"rows": 4}), max_length=4000
    )
    examples = forms.ModelMultipleChoiceField(
        label=_("Example conversations"), queryset=Inspection.objects.none(), required=False
    )
    scenario = forms.ChoiceField(label=_("To practise"), required=False)
    due_on = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(
        self,
        *args: Any,
        examples: "QuerySet[Inspection]",
        rubric: Rubric | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        criteria = rubric.criteria if rubric else []
        self.fields["criterion"].choices = [(one["code"], str(_(one["name"]))) for one in criteria]
        self.fields["scenario"].choices = [
            ("", "–"),
            *((one.code, one.name) for one in SCENARIOS.values()),
        ]
        ids = list(examples.values_list("pk", flat=True)[:20])
        chosen = self.fields["examples"]
        chosen.queryset = Inspection.objects.filter(pk__in=ids).select_related("ticket")
        chosen.label_from_instance = _label_of


def _label_of(inspection: Inspection) -> str:
    score = "–" if inspection.score is None else inspection.score
    return f"#{inspection.ticket.number} · {score}"
