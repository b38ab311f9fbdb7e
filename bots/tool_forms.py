"""What admins write about a tool, and what they try it with."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bots.models import Bot, Tool
from bots.queries.tools import KINDS
from knowledge.models import ArticleVersion, Reader

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_MOST = 20
_SLOTS = 3


class Typed(forms.CharField):
    """``name: kind``, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false", "dir": "ltr"})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return "\n".join(f"{name}: {kind}" for name, kind in value.items())
        return value

    def clean(self, value: Any) -> Any:
        typed = {}
        for line in super().clean(value).splitlines():
            name, _colon, kind = (part.strip() for part in line.partition(":"))
            if not name:
                continue
            kind = kind or "text"
            if not _NAME.match(name) or kind not in KINDS:
                words = _(
                    "“%(line)s”: write a name of small letters, a colon and one of %(kinds)s."
                )
                told = {"line": line.strip()[:60], "kinds": ", ".join(KINDS)}
                raise forms.ValidationError(words, params=told)
            typed[name] = kind
        if len(typed) > _MOST:
            raise forms.ValidationError(_("At most %(n)d of them."), params={"n": _MOST})
        return typed


class ToolForm(forms.Form):
    description = forms.CharField(label=_("Description"), max_length=200, required=False)
    url = forms.CharField(
        label=_("Address"),
        max_length=300,
        widget=forms.URLInput(attrs={"dir": "ltr", "placeholder": "https://shop.example.com/api/"}),
        help_text=_("https to a public address. It is called with POST."),
    )
    inputs = Typed(
        label=_("Inputs"),
        required=False,
        help_text=_("One a line, as “order: text”. Nothing else is ever sent."),
    )
    outputs = Typed(
        label=_("Outputs"),
        required=False,
        help_text=_(
            "One a line, as “day: date”. Kinds: text, texts (by language), number, date, yes_no, "
            "list. Whatever else comes back is dropped."
        ),
    )
    reads_only = forms.BooleanField(
        label=_("only reads"),
        required=False,
        help_text=_(
            "Without it a tool is called only for a customer who has proved who they are and said "
            "yes to it."
        ),
    )
    timeout_seconds = forms.IntegerField(
        label=_("Waits for seconds at most"), min_value=1, max_value=10, initial=5
    )

    def __init__(self, *args: Any, tool: Tool | None = None, **kwargs: Any) -> None:
        known = {name: getattr(tool, name) for name in self.base_fields} if tool else {}
        kwargs["initial"] = {"reads_only": True} | known
        super().__init__(*args, **kwargs)


class NewToolForm(ToolForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        widget=forms.TextInput(attrs={"dir": "ltr"}),
        help_text=_("Flows call it by this name, as in “call find_order”. It stays."),
    )
    field_order = ("name",)

    def __init__(self, *args: Any, bot: Bot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bot = bot

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Tool.objects.filter(bot=self.bot, name=name).exists():
            raise forms.ValidationError(_("There is a tool of this name already."))
        return name


class TryToolForm(forms.Form):
    """A field for each input."""

    def __init__(self, *args: Any, tool: Tool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kind in tool.inputs.items():
            self.fields[f"in_{name}"] = forms.CharField(
                label=f"{name} ({kind})", required=False, max_length=500
            )
        self.fields["proved"] = forms.EmailField(
            label=_("As a customer who has proved this address"), required=False
        )
        if not tool.reads_only:
            self.fields["is_meant"] = forms.BooleanField(
                label=_("I know that it changes something there"), required=False
            )

    @property
    def inputs(self) -> dict[str, str]:
        named = self.cleaned_data.items()
        return {name[3:]: str(value) for name, value in named if name.startswith("in_")}


class StartersForm(forms.Form):
    """For all languages, and for each of the bot's its own list where it is to be another."""

    def __init__(self, *args: Any, bot: Bot, names: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = ["*", *bot.languages]
        shown = ArticleVersion.objects.visible_to(Reader(brand=bot.brand_id))
        titles: dict[str, dict[str, str]] = {}
        for pk, language, title in shown.values_list("article", "language", "title"):
            titles.setdefault(str(pk), {})[language] = title
        for code in self.codes:
            kept = bot.starters.get(code, [])
            choices = [("", "—"), *sorted(_titled(titles, code, kept), key=lambda one: one[1])]
            for place in range(_SLOTS):
                label = f"{names.get(code, code)} · {place + 1}"
                initial = kept[place] if place < len(kept) else ""
                self.fields[f"{code}:{place}"] = forms.ChoiceField(
                    label=label, choices=choices, required=False, initial=initial
                )

    def of(self, code: str) -> list[Any]:
        return [self[f"{code}:{place}"] for place in range(_SLOTS)]

    @property
    def lists(self) -> dict[str, list[str]]:
        chosen = self.cleaned_data
        rows = {code: [chosen[f"{code}:{place}"] for place in range(_SLOTS)] for code in self.codes}
        return {code: [one for one in found if one] for code, found in rows.items()}


def _titled(
    titles: Mapping[str, Mapping[str, str]], code: str, kept: list[str]
) -> list[tuple[str, str]]:
    """For one language the articles that are written in it; what was chosen and is no longer
    shown can still be seen."""
    found = [
        (pk, said.get(code) or said.get("en") or next(iter(said.values())))
        for pk, said in titles.items()
        if code == "*" or any(one.partition("-")[0] == code.partition("-")[0] for one in said)
    ]
    gone = [pk for pk in kept if pk not in dict(found)]
    return [*found, *((pk, str(_("(not shown to customers)"))) for pk in gone)]
