"""What people set for themselves, and what admins set for everybody."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Calendar, Team, User, Workspace
from accounts.queries import (
    DAYS,
    USUAL_HOURS,
    areas_in,
    held_rights,
    list_areas,
    name_countries,
    read_hours,
    role_name,
    write_hours,
)
from core.errors import HelpdeskError
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
    notify_by_mail = forms.BooleanField(
        label=_("Tell me by mail what I did not see here"), required=False
    )
    notify_of_promises = forms.BooleanField(
        label=_("Tell me of promises that are about to be broken, or were"), required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        told = ("notify_by_mail", "notify_of_promises")
        kept = ("language", "timezone", "theme", "signature", *told)
        initial = {name: getattr(user, name) for name in kept}
        super().__init__(*args, initial=initial, **kwargs)


# What admins set


class _People(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable
    widget = forms.CheckboxSelectMultiple


class _Roles(forms.ModelChoiceField):  # type: ignore[type-arg]  # as above
    def label_from_instance(self, obj: Any) -> str:
        return role_name(obj.name)


class InviteForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    role = _Roles(Group.objects.none(), label=_("Role"), empty_label=None)
    teams = _People(Team.objects.none(), label=_("Teams"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = Group.objects.order_by("name")
        self.fields["teams"].queryset = Team.objects.order_by("name")


class PersonForm(InviteForm):
    chat_capacity = forms.IntegerField(
        label=_("Chats at a time"),
        required=False,
        min_value=0,
        max_value=20,
        help_text=_("So many are offered to this person at once; with 0 none is."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        initial = {
            "name": user.name,
            "chat_capacity": user.chat_capacity,
            "role": user.groups.order_by("name").first(),
            "teams": list(user.teams.all()),
        }
        super().__init__(*args, initial=initial, **kwargs)
        del self.fields["email"]


class _PasswordForm(forms.Form):
    """A password is typed once and can be looked at."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters. A few words are better than one with signs."),
    )
    timezone = forms.ChoiceField(label=_("Time zone"), choices=zones)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class AcceptForm(_PasswordForm):
    pass


class FirstAdminForm(_PasswordForm):
    email = forms.EmailField(
        label=_("Your e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    field_order = ["name", "email", "password", "timezone"]


class TeamForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)
    members = _People(
        User.objects.none(),
        label=_("Members"),
        required=False,
        help_text=_("Members see the tickets of the team and may be given them."),
    )
    calendar = forms.ModelChoiceField(
        Calendar.objects.all(),
        label=_("Working hours"),
        required=False,
        empty_label=_("The usual ones"),
    )
    signature = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Stands below the answers to the tickets of this team, unless their author has a "
            "signature."
        ),
    )

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        initial = {}
        people = User.objects.filter(is_active=True)
        if team:
            initial = {key: getattr(team, key) for key in ("name", "calendar", "signature")}
            initial["members"] = list(User.objects.filter(teams=team).values_list("pk", flat=True))
            people = people | User.objects.filter(teams=team)
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["members"].queryset = people.distinct().order_by("name")


class RoleForm(forms.Form):
    """Offered are the areas whose rights the admin holds; others stay as they are."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    areas = forms.MultipleChoiceField(
        label=_("May"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, actor: User, role: Group | None = None, **kwargs: Any) -> None:
        initial: dict[str, Any] = {}
        if role:
            states = areas_in(held_rights(role))
            held = [code for code, state in states.items() if state != "none"]
            initial = {"name": role.name, "areas": held}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["areas"].choices = [
            (heading, [(area.code, area.name) for area in areas]) for heading, areas in list_areas()
        ]


class GrantForm(forms.Form):
    holder = forms.ChoiceField(label=_("Who"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("name")
        self.fields["holder"].choices = [
            ("", "—"),
            (_("Everybody of a role"), [(f"role:{g.pk}", role_name(g.name)) for g in _groups()]),
            (_("One person"), [(f"user:{user.pk}", user.name) for user in people]),
        ]

    def clean_holder(self) -> User | Group:
        kind, _colon, pk = self.cleaned_data["holder"].partition(":")
        return User.objects.get(pk=pk) if kind == "user" else Group.objects.get(pk=pk)


def _groups() -> "QuerySet[Group]":
    return Group.objects.order_by("name")


class CalendarForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=zones)
    is_default = forms.BooleanField(
        label=_("The usual working hours"),
        required=False,
        help_text=_("For everybody and everything without hours of their own."),
    )

    def __init__(self, *args: Any, calendar: Calendar | None = None, **kwargs: Any) -> None:
        initial: dict[str, Any] = {"timezone": kwargs.pop("zone", "UTC")}
        hours = calendar.hours if calendar else USUAL_HOURS
        if calendar:
            kept = ("name", "timezone", "is_default")
            initial = {key: getattr(calendar, key) for key in kept}
        initial |= {f"day_{day}": write_hours(hours.get(day, [])) for day in DAYS}
        super().__init__(*args, initial=initial, **kwargs)
        for day, name in DAYS.items():
            self.fields[f"day_{day}"] = forms.CharField(
                label=name,
                required=False,
                max_length=120,
                widget=forms.TextInput(attrs={"placeholder": "—", "autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        """The hours of all days under one name, as the action takes them."""
        data = dict(self.cleaned_data)
        hours = {}
        for day in DAYS:
            field = f"day_{day}"
            try:
                hours[day] = read_hours(data.pop(field, ""), field=field)
            except HelpdeskError as refusal:
                self.add_error(field, refusal.reason)
        return data | {"hours": hours}

    def day_fields(self) -> list[forms.BoundField]:
        return [self[f"day_{day}"] for day in DAYS]


class HolidayForm(forms.Form):
    date = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)
    hours = forms.CharField(
        label=_("Open instead"),
        required=False,
        max_length=80,
        help_text=_("For example 09:00–12:00 on the day before a holiday. Empty: nobody works."),
    )

    def clean_hours(self) -> list[list[str]]:
        try:
            return read_hours(self.cleaned_data["hours"], field="hours")
        except HelpdeskError as refusal:
            raise forms.ValidationError(refusal.reason) from None


class PublicHolidaysForm(forms.Form):
    country = forms.ChoiceField(label=_("Country"))
    subdivision = forms.CharField(
        label=_("Region"),
        max_length=12,
        required=False,
        help_text=_("Its short name, such as BY for Bavaria. Empty: the whole country."),
    )
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = name_countries(get_language() or "en")
        self.fields["year"].initial = timezone.localdate().year


class WorkspaceForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=80,
        help_text=_("Of your house, as your people know it."),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Of people who are invited from now on."),
    )
    timezone = forms.ChoiceField(label=_("Time zone"), choices=zones)

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        kept = ("name", "language", "timezone")
        initial = {key: getattr(workspace, key) for key in kept}
        super().__init__(*args, initial=initial, **kwargs)
