"""What people enter about customers; the actions check the rest."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import ConsentEvent, Customer, Purpose, Tier

CHANNELS = [
    ("phone", _("Said on the phone")),
    ("email", _("Written by e-mail")),
    ("chat", _("Written in a chat")),
    ("paper", _("Signed on paper")),
    ("in_person", _("Said in person")),
]


class ConsentForm(forms.Form):
    """A customer's decision, as told to an agent."""

    purpose = forms.ModelChoiceField(
        Purpose.objects.all(), label=_("Purpose"), to_field_name="code", empty_label=None
    )
    action = forms.ChoiceField(label=_("Decision"), choices=ConsentEvent.Action)
    channel = forms.ChoiceField(label=_("How we know"), choices=CHANNELS)


class NotesForm(forms.Form):
    notes = forms.CharField(
        label=_("Notes"), required=False, strip=False, max_length=20_000, widget=forms.Textarea
    )


class TierForm(forms.Form):
    tier = forms.ModelChoiceField(Tier.objects.all(), label=_("Tier"), empty_label=None)
    reason = forms.CharField(label=_("Reason"), max_length=200)
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        initial = {
            "tier": customer.tier_id,
            "reason": customer.tier_reason,
            "until": customer.tier_until.date() if customer.tier_until else None,
        }
        super().__init__(*args, initial=initial, **kwargs)
