"""The fields admins add: as form fields, and how their values are checked, kept and shown.

A value is kept as JSON: text, number, true or false, a date as YYYY-MM-DD, the code of a choice or
a list of codes. What is empty is not kept at all.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from core.errors import Invalid
from customers.models import CustomField

Kind = CustomField.Kind
_PREFIX = "custom_"  # of the names of form fields, which stand beside others
_YES_NO = {"true": True, "false": False}


class HasCustomFields(Protocol):
    custom: Any
    custom_private: Any


@dataclass(frozen=True, slots=True)
class ShownField:
    field: CustomField
    value: Any
    text: str  # for people, in their language; empty when there is no value


def fields_of(owner: str, *, for_customers: bool = False) -> list[CustomField]:
    """Those in use, in their order; for customers only those they fill in themselves."""
    fields = CustomField.objects.filter(owner=owner, is_active=True)
    return list(fields.filter(is_for_customers=True) if for_customers else fields)


# Values of an owner


def read_values(owner: HasCustomFields) -> dict[str, Any]:
    """All values by code. Opens the sealed ones: warm the keys of a list first."""
    return {**(owner.custom or {}), **(owner.custom_private or {})}


def split_values(
    fields: Iterable[CustomField], values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is kept in the open, and what sealed."""
    personal = {field.code for field in fields if field.is_personal}
    return (
        {code: value for code, value in values.items() if code not in personal},
        {code: value for code, value in values.items() if code in personal},
    )


def check_values(fields: Iterable[CustomField], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are kept, None for those that are emptied. Raises ``Invalid`` whose
    ``field`` is the code of the first in error."""
    known = {field.code: field for field in fields}
    for code in values:
        if code not in known:
            raise Invalid(_("There is no field “%(code)s”.") % {"code": code}, field=code)
    return {code: check_value(known[code], value) for code, value in values.items()}


def check_value(field: CustomField, value: Any) -> Any:
    try:
        return _keep(field, build_form_field(field).clean(_as_typed(value)))
    except ValidationError as error:
        raise Invalid(f"{field.name}: {error.messages[0]}", field=field.code) from None


def _as_typed(value: Any) -> Any:
    """What programs send as JSON, as a form would have sent it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, Decimal, date)):
        return str(value)
    if isinstance(value, list | tuple):
        return [item if isinstance(item, str) else "" for item in value]
    if value is None or isinstance(value, str):
        return value
    raise ValidationError(_("This value has the wrong form."))


def _keep(field: CustomField, clean: Any) -> Any:
    if clean in (None, "", []):
        return None
    if isinstance(clean, Decimal):
        return int(clean) if clean == clean.to_integral_value() else float(clean)
    return clean.isoformat() if isinstance(clean, date) else clean


# As form fields


def build_form_field(field: CustomField, *, for_customers: bool = False) -> forms.Field:
    label = (field.customer_name if for_customers else "") or field.name
    given: dict[str, Any] = {
        "label": label,
        "help_text": field.help_text,
        "required": field.is_required,
    }
    return _BUILDERS[Kind(field.kind)](field, given)


def _build_text(field: CustomField, given: dict[str, Any]) -> forms.Field:
    return forms.CharField(max_length=500, **given)


def _build_long_text(field: CustomField, given: dict[str, Any]) -> forms.Field:
    return forms.CharField(max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}), **given)


def _build_number(field: CustomField, given: dict[str, Any]) -> forms.Field:
    # So many digits survive the way through a JSON number.
    widget = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
    return forms.DecimalField(max_digits=15, decimal_places=6, widget=widget, **given)


def _build_yes_no(field: CustomField, given: dict[str, Any]) -> forms.Field:
    choices = [("", "—"), ("true", _("Yes")), ("false", _("No"))]
    return forms.TypedChoiceField(
        choices=choices, coerce=_YES_NO.__getitem__, empty_value=None, **given
    )


def _build_date(field: CustomField, given: dict[str, Any]) -> forms.Field:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(input_formats=["%Y-%m-%d"], widget=widget, **given)


def _build_choice(field: CustomField, given: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(choices=[("", "—"), *_options(field)], **given)


def _build_choices(field: CustomField, given: dict[str, Any]) -> forms.Field:
    return forms.MultipleChoiceField(
        choices=_options(field), widget=forms.CheckboxSelectMultiple, **given
    )


def _build_url(field: CustomField, given: dict[str, Any]) -> forms.Field:
    built = forms.URLField(max_length=500, assume_scheme="https", **given)
    # Shown as a link: nothing that a browser would run.
    built.validators = [URLValidator(schemes=["http", "https"]), *built.validators[1:]]
    return built


_BUILDERS: dict[Kind, Callable[[CustomField, dict[str, Any]], forms.Field]] = {
    Kind.TEXT: _build_text,
    Kind.LONG_TEXT: _build_long_text,
    Kind.NUMBER: _build_number,
    Kind.YES_NO: _build_yes_no,
    Kind.DATE: _build_date,
    Kind.CHOICE: _build_choice,
    Kind.CHOICES: _build_choices,
    Kind.URL: _build_url,
}


def _options(field: CustomField) -> list[tuple[str, str]]:
    return [(option["code"], option["name"]) for option in field.options]


class CustomFieldsForm(forms.Form):
    """A form that asks for custom fields, beside fields of its own where a subclass has some.

    Their names begin with ``custom_``; ``custom_values()`` has the clean values by code, None
    for what was left empty.
    """

    def __init__(
        self,
        *args: Any,
        custom_fields: Iterable[CustomField],
        custom: Mapping[str, Any] | None = None,
        for_customers: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._custom = list(custom_fields)
        for field in self._custom:
            name = _PREFIX + field.code
            self.fields[name] = build_form_field(field, for_customers=for_customers)
            self.initial.setdefault(name, _as_initial((custom or {}).get(field.code)))

    def custom_values(self) -> dict[str, Any]:
        return {
            field.code: _keep(field, self.cleaned_data[_PREFIX + field.code])
            for field in self._custom
            if _PREFIX + field.code in self.cleaned_data
        }

    def custom_bound_fields(self) -> list[forms.BoundField]:
        return [self[_PREFIX + field.code] for field in self._custom]


def _as_initial(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


# For people to read


def show_values(fields: Iterable[CustomField], values: Mapping[str, Any]) -> list[ShownField]:
    return [
        ShownField(field, values.get(field.code), show_value(field, values.get(field.code)))
        for field in fields
    ]


def show_value(field: CustomField, value: Any) -> str:
    """A choice that is no longer offered is shown by its code."""
    if value is None:
        return ""
    match field.kind:
        case Kind.YES_NO:
            return _("Yes") if value else _("No")
        case Kind.NUMBER:
            return str(number_format(value, use_l10n=True))
        case Kind.DATE:
            return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
        case Kind.CHOICE | Kind.CHOICES:
            names = dict(_options(field))
            codes = value if isinstance(value, list) else [value]
            return ", ".join(str(names.get(code, code)) for code in codes)
    return str(value)
