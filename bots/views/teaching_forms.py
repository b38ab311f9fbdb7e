"""What those who teach bots write."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bots.actions.teaching import MAX_LINES
from bots.models import EntityType, Intent
from connectors.models import Brand


class _Named(forms.Form):
    """With a name in each language, given on as ``names``."""

    def __init__(self, *args: Any, names: dict[str, str] | None = None, **kwargs: Any) -> None:
        held = {f"name_{code}": (names or {}).get(code, "") for code, _name in settings.LANGUAGES}
        kwargs["initial"] = held | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        for code, name in settings.LANGUAGES:
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name in %(language)s") % {"language": name}, max_length=60, required=False
            )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        names = {code: given.pop(f"name_{code}", "") for code, _name in settings.LANGUAGES}
        return given | {"names": {code: name for code, name in names.items() if name}}


class IntentForm(_Named):
    description = forms.CharField(
        label=_("What it means"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For those who teach; the bot does not read it."),
    )
    brand = forms.ModelChoiceField(
        Brand.objects.order_by("name"),
        label=_("Brand"),
        required=False,
        empty_label=_("Every brand"),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, intent: Intent | None = None, **kwargs: Any) -> None:
        if intent:
            kwargs["names"] = intent.names
            kwargs["initial"] = {
                "description": intent.description,
                "brand": intent.brand_id,
                "is_active": intent.is_active,
            }
        super().__init__(*args, **kwargs)
        self.order_fields(
            [*(f"name_{code}" for code, _name in settings.LANGUAGES), "description", "brand"]
        )


class NewIntentForm(IntentForm):
    slug = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Flows and reports name it by that, for example order_status. It stays."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["slug"])


class TeachForm(forms.Form):
    lines = forms.CharField(
        label=_("New sentences, one a line"),
        max_length=MAX_LINES * 200,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("As customers say it, in any language. Twelve are a good start."),
    )

    def clean_lines(self) -> list[str]:
        return str(self.cleaned_data["lines"]).splitlines()


class KindForm(_Named):
    kind = forms.ChoiceField(label=_("It is found by"), choices=EntityType.Kind)
    lines = forms.CharField(
        label=_("The list"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 8, "class": "form-control mono"}),
        help_text=_("One a line: value = name, another name. Slips of the pen are understood."),
    )
    pattern = forms.CharField(
        label=_("The pattern"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "form-control mono", "dir": "ltr"}),
        help_text=_("A regular expression, for example PW-?(\\d{5})."),
    )
    form = forms.CharField(
        label=_("How it is written"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"class": "form-control mono", "dir": "ltr"}),
        help_text=_("{0} is what was found, {1} its first group. Empty: as it was found."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, held: EntityType | None = None, **kwargs: Any) -> None:
        if held:
            kwargs["names"] = held.names
            kwargs["initial"] = {
                "kind": held.kind,
                "lines": "\n".join(_line_of(entry) for entry in held.entries),
                "pattern": held.pattern,
                "form": held.form,
                "is_active": held.is_active,
            }
        super().__init__(*args, **kwargs)
        self.order_fields([*(f"name_{code}" for code, _name in settings.LANGUAGES)])

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        lines = str(given.pop("lines", "")).splitlines()
        return given | {"entries": [_entry_of(line) for line in lines if line.strip()]}


class NewKindForm(KindForm):
    slug = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Flows ask for it by that, for example product. It stays."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["slug"])


class TryForm(forms.Form):
    sentence = forms.CharField(
        label=_("Try a sentence"),
        max_length=1_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )


def _line_of(entry: dict[str, Any]) -> str:
    return f"{entry['value']} = {', '.join(entry['words'])}"


def _entry_of(line: str) -> dict[str, Any]:
    """A line without = is its own value."""
    value, equals, words = line.partition("=")
    names = [word.strip() for word in words.replace("，", ",").split(",") if word.strip()]
    return {"value": value.strip()[:80], "words": names if equals and names else [value.strip()]}
