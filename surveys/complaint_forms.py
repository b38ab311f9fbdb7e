"""What is entered about complaints."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Tier
from surveys.models import Cause, Complaint, ComplaintPolicy

_MOST_HOURS = 400


class ComplaintForm(forms.Form):
    cause = forms.ModelChoiceField(
        Cause.objects.select_related("parent"), label=_("Cause"), required=False, empty_label="—"
    )
    remedy = forms.CharField(
        label=_("Remedy"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What was done about it."),
    )

    def __init__(self, *args: Any, complaint: Complaint, **kwargs: Any) -> None:
        kwargs["initial"] = {"cause": complaint.cause, "remedy": complaint.remedy}
        super().__init__(*args, **kwargs)
        cause: Any = self.fields["cause"]
        usable = Q(is_active=True)
        if complaint.cause_id:
            usable |= Q(pk=complaint.cause_id)
        cause.queryset = Cause.objects.filter(usable).select_related("parent")


class ComplaintPolicyForm(forms.Form):
    """One time for all, and for a tier where it is another."""

    hours = forms.IntegerField(
        label=_("Acknowledged within working hours"),
        min_value=1,
        max_value=_MOST_HOURS,
        help_text=_("8 hours are one working day of usual hours. They follow the team's hours."),
    )

    def __init__(self, *args: Any, rules: ComplaintPolicy, **kwargs: Any) -> None:
        kwargs["initial"] = {"hours": rules.hours}
        super().__init__(*args, **kwargs)
        self._tiers = list(Tier.objects.all())
        for tier in self._tiers:
            self.fields[f"tier_{tier.code}"] = forms.IntegerField(
                label=_("Working hours, tier %(name)s") % {"name": tier.name},
                required=False,
                min_value=1,
                max_value=_MOST_HOURS,
                initial=rules.tier_hours.get(tier.code),
                help_text=_("Empty: as for all."),
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        of_tiers = {tier.code: given.get(f"tier_{tier.code}") for tier in self._tiers}
        set_ones = {code: hours for code, hours in of_tiers.items() if hours}
        return {"hours": given.get("hours"), "tier_hours": set_ones}
