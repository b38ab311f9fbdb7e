"""What admins write about tiers and about fields of their own."""

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.text import slugify
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from core.ids import new_id
from customers.models import CustomField, Tier
from customers.queries.tiers import date_fields, number_fields


class TierSettingsForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    colour = forms.CharField(
        label=_("Colour"),
        max_length=7,
        validators=[RegexValidator(r"^#[0-9a-f]{6}$", _("Write a colour like #2c5f4a."))],
        widget=forms.TextInput(attrs={"type": "color"}),
    )
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=0,
        max_value=100,
        help_text=_("0 to 100. Higher is served first."),
    )
    team = forms.ModelChoiceField(
        Team.objects.all(),
        label=_("Dedicated team"),
        required=False,
        empty_label=_("None: the team of the inbox"),
    )
    proactive_reminders = forms.BooleanField(
        label=_("We write first when an answer takes long"), required=False
    )
    silence_days = forms.IntegerField(
        label=_("Days of silence after an unhappy word"),
        help_text=_("Then whoever has the ticket is reminded. Empty: never."),
        required=False,
        min_value=1,
        max_value=60,
    )
    renewal_field = forms.ChoiceField(label=_("Field with the date of renewal"), required=False)
    renewal_days = forms.IntegerField(
        label=_("Days before a renewal"),
        help_text=_("Then a ticket is opened to look after it. Empty: never."),
        required=False,
        min_value=1,
        max_value=180,
    )
    guided_onboarding = forms.BooleanField(
        label=_("We lead them through their first steps"), required=False
    )
    check_in_days = forms.IntegerField(
        label=_("Days until we ask how they are getting on"),
        help_text=_("Then a ticket is opened to ask them. Empty: never."),
        required=False,
        min_value=1,
        max_value=60,
    )
    is_default = forms.BooleanField(label=_("For customers we meet first"), required=False)

    def __init__(self, *args: Any, tier: Tier | None = None, **kwargs: Any) -> None:
        initial: dict[str, Any] = {"colour": "#6a7480", "priority": 50}
        initial |= {"silence_days": 3, "renewal_days": 14, "check_in_days": 5}
        if tier:
            initial = {key: getattr(tier, key) for key in self.base_fields}
        super().__init__(*args, initial=initial, **kwargs)
        renewal: Any = self.fields["renewal_field"]
        named = [(one.code, one.name) for one in date_fields()]
        renewal.choices = [("", _("None")), *named]

    def clean_colour(self) -> str:
        return str(self.cleaned_data["colour"]).lower()


class TierRuleForm(forms.Form):
    field = forms.ChoiceField(
        label=_("Field"), required=False, help_text=_("Such as orders or their value.")
    )
    at_least = forms.FloatField(label=_("At least"), required=False)
    tickets = forms.IntegerField(
        label=_("Requests, at least"), required=False, min_value=1, max_value=10_000
    )
    older_than = forms.IntegerField(
        label=_("Customer for days, at least"), required=False, min_value=0, max_value=36_500
    )
    younger_than = forms.IntegerField(
        label=_("Customer for days, at most"), required=False, min_value=1, max_value=36_500
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["field"]
        field.choices = [("", _("None")), *((one.code, one.name) for one in number_fields())]


_LINE = re.compile(r"^\s*(?:([a-z0-9][a-z0-9_-]{0,39})\s*[|｜]\s*)?(.+?)\s*$")


class Options(forms.CharField):
    """One choice per line; a code before a bar keeps values that are stored."""

    widget = forms.Textarea(attrs={"rows": 5})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(f"{option['code']} | {option['name']}" for option in value)
        return value

    def clean(self, value: Any) -> Any:
        options: list[dict[str, str]] = []
        for line in super().clean(value).splitlines():
            if match := _LINE.match(line):
                name = match[2][:80]
                code = match[1] or slugify(name)[:40] or new_id().hex[-8:]
                options.append({"code": code, "name": name})
        codes = [option["code"] for option in options]
        for code in codes:
            if codes.count(code) > 1:
                raise forms.ValidationError(
                    gettext("The choice “%(code)s” is there twice.") % {"code": code}
                )
        return options


class FieldForm(forms.Form):
    owner = forms.ChoiceField(label=_("Belongs to"), choices=CustomField.Owner)
    kind = forms.ChoiceField(label=_("Kind"), choices=CustomField.Kind)
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    customer_name = forms.CharField(
        label=_("Name for customers"),
        max_length=80,
        required=False,
        help_text=_("Empty: the same name."),
    )
    help_text = forms.CharField(label=_("Help"), max_length=200, required=False)
    options = Options(
        label=_("Choices"),
        required=False,
        max_length=10_000,
        help_text=_("For lists: one choice per line."),
    )
    is_required = forms.BooleanField(
        label=_("Required"),
        required=False,
        help_text=_("Asked for in forms. Requests by mail come without."),
    )
    is_for_customers = forms.BooleanField(label=_("Customers fill it in"), required=False)
    is_personal = forms.BooleanField(
        label=_("Personal"),
        required=False,
        help_text=_("Kept sealed; lists cannot be filtered by it. Cannot be changed later."),
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        initial=True,
        help_text=_("A field out of use is no longer shown; its values are kept."),
    )

    def __init__(self, *args: Any, field: CustomField | None = None, **kwargs: Any) -> None:
        initial = kwargs.pop("initial", {})
        if field:
            initial = {key: getattr(field, key) for key in self.base_fields}
        super().__init__(*args, initial=initial, **kwargs)
        if field:
            for name in ("owner", "kind", "is_personal"):
                del self.fields[name]
            if field.kind not in (CustomField.Kind.CHOICE, CustomField.Kind.CHOICES):
                del self.fields["options"]
