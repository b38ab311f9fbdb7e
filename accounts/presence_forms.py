"""Being out of office: from when, until when, who stands in."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.clock import now

MOMENT = "%Y-%m-%dT%H:%M"


def _moment(label: Any, *, required: bool) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    return forms.DateTimeField(
        label=label, required=required, widget=widget, input_formats=[MOMENT, f"{MOMENT}:%S"]
    )


class AbsenceForm(forms.Form):
    since = _moment(_("From"), required=True)
    until = _moment(_("Until"), required=False)
    stand_in = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Stand-in"),
        required=False,
        empty_label=_("Nobody: new tickets go back to the team"),
        help_text=_("Gets what is assigned to you while you are away."),
    )
    hands_over = forms.BooleanField(
        label=_("Hand over my open tickets when it begins"),
        required=False,
        help_text=_(
            "To the stand-in, or back to their teams. They do not come back by themselves."
        ),
    )

    def __init__(self, data: Any = None, *, user: User, colleagues: Any) -> None:
        start = user.away_from or now().replace(second=0, microsecond=0)
        initial = {
            "since": timezone.localtime(start),
            "until": user.away_until,
            "stand_in": user.stand_in_id,
            "hands_over": user.away_hands_over,
        }
        super().__init__(data, initial=initial)
        self.fields["stand_in"].queryset = colleagues  # type: ignore[attr-defined]
