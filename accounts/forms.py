"""What people set for themselves."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.templatetags.moments import city_of

_REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def zones() -> list[tuple[str, str]]:
    """Places, not abbreviations: those know their own summer time."""
    return _zones_in(get_language() or "en")


@cache
def _zones_in(language: str) -> list[tuple[str, str]]:
    places = sorted(zone for zone in available_timezones() if zone.partition("/")[0] in _REGIONS)
    return [("UTC", "UTC"), *((place, _place_name(place, language)) for place in places)]


def _place_name(zone: str, language: str) -> str:
    name, city = zone.replace("_", " "), city_of(zone, language)
    return name if name.endswith(city) else f"{name} ({city})"


class PreferencesForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser asks")), *settings.LANGUAGES],
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zones,
        help_text=_("Times on every page are shown for this place."),
    )
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme, widget=forms.RadioSelect)
    signature = forms.CharField(
        label=_("Your signature"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands below your answers, in place of the one of your team or brand."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kept = ("language", "timezone", "theme", "signature")
        initial = {name: getattr(user, name) for name in kept}
        super().__init__(*args, initial=initial, **kwargs)


class TeamSignatureForm(forms.Form):
    signature = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
