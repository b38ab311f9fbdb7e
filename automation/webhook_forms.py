"""What is said about webhooks on their pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Team, User
from automation.models import Webhook
from automation.webhooks.catalogue import EVENTS
from core.outside import LONGEST_URL


class WebhookForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)
    url = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_URL,
        help_text=_("An https address outside. Each event is sent there by POST."),
        widget=forms.TextInput(
            attrs={"inputmode": "url", "dir": "ltr", "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        choices=[(name, name) for name in EVENTS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all of them."),
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.none(),
        label=_("Tickets of these teams alone"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: those of all, and what belongs to no ticket."),
    )

    def __init__(
        self, *args: Any, user: User, webhook: Webhook | None = None, **kwargs: Any
    ) -> None:
        if webhook:
            kwargs["initial"] = {
                "name": webhook.name,
                "url": webhook.url,
                "events": webhook.events,
                "teams": [team.pk for team in webhook.teams.all()],
            }
        super().__init__(*args, **kwargs)
        teams: Any = self.fields["teams"]
        teams.queryset = Team.objects.order_by("name")
        if not user.may("tickets.view_all_ticket"):
            teams.queryset = teams.queryset.filter(pk__in=user.access.teams)
            teams.required, teams.help_text = True, ""


class ReplayForm(forms.Form):
    since = forms.DateTimeField(
        label=_("Since"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
