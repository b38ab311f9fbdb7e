"""What those who test bots write."""

from collections.abc import Mapping
from typing import Any

import yaml
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bots.dialogue.shapes import KINDS
from bots.evaluation.scripts import CONFIRM, MOST_TURNS, WITHIN, reasons_in
from bots.models import Bot, Flow, HandOff, Intent, Suite, Tool, Trial, UnderstandingModel
from customers.models import Tier
from knowledge.models import ArticleVersion, Reader

_MONO = {"class": "form-control mono", "spellcheck": "false"}


class SuiteForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    bar = forms.IntegerField(
        label=_("Right at least, of a hundred"), min_value=0, max_value=100, initial=90
    )
    is_gating = forms.BooleanField(
        label=_("Stands before publishing"),
        required=False,
        initial=True,
        help_text=_("Nothing is published while it gets worse or stays under its bar."),
    )


class LinesField(forms.CharField):
    """One a line."""

    def __init__(self, *, most: int, rows: int = 3, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows, "dir": "auto"}))
        super().__init__(**kwargs)
        self.most = most

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        lines = [" ".join(line.split()) for line in super().clean(value).splitlines()]
        lines = [line for line in lines if line]
        if len(lines) > self.most:
            raise forms.ValidationError(_("At most %(n)s lines.") % {"n": self.most})
        return lines


class CaseForm(forms.Form):
    """A test as a form; ``given`` is what is kept of it."""

    name = forms.CharField(label=_("What it is about"), max_length=120)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    turns = LinesField(
        label=_("What the customer says"),
        most=MOST_TURNS,
        rows=4,
        max_length=12_000,
        help_text=_("One turn a line. A single line is a test question."),
    )
    expected = forms.ChoiceField(label=_("What is right"))
    within = forms.IntegerField(
        label=_("Turns of the customer at most"),
        min_value=1,
        max_value=MOST_TURNS,
        initial=WITHIN,
    )
    says = LinesField(
        label=_("Each of these is said"),
        most=20,
        required=False,
        max_length=4_000,
        help_text=_("Regular expressions, one a line; small and capital letters are the same."),
    )
    never = LinesField(label=_("None of these is said"), most=20, required=False, max_length=4_000)
    changes = forms.MultipleChoiceField(
        label=_("What is changed"), required=False, widget=forms.CheckboxSelectMultiple
    )
    proved = forms.BooleanField(label=_("The customer has proved who they are"), required=False)
    tier = forms.ChoiceField(label=_("Tier"))
    person_free = forms.BooleanField(label=_("A person is free"), required=False)
    knows = LinesField(
        label=_("What the customer knows"),
        most=20,
        required=False,
        max_length=4_000,
        help_text=_("Said when the bot asks for it, one a line, as in order_number: PW-00001."),
    )
    results = forms.CharField(
        label=_("What tools answer"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, **_MONO}),
        help_text=_("YAML, by tool. Empty: an answer is made up. Null: the tool does not answer."),
    )

    def __init__(
        self, *args: Any, bot: Bot, given: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        kwargs["initial"] = _initial_of(given or {}) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["expected"].choices = [*_expectable(bot), *_several(given or {})]
        writes = Tool.objects.filter(bot=bot, reads_only=False).values_list("name", flat=True)
        fields["changes"].choices = [(name, name.replace("_", " ")) for name in writes]
        fields["tier"].choices = [(one.code, str(one)) for one in Tier.objects.all()]
        if not writes:
            del self.fields["changes"]

    def clean_knows(self) -> dict[str, str]:
        known = {}
        for line in self.cleaned_data["knows"]:
            kind, _colon, value = line.replace("：", ":").partition(":")
            if kind.strip() not in (*KINDS, CONFIRM) or not value.strip():
                words = _("“%(line)s”: write the kind, a colon and the value.")
                raise forms.ValidationError(words % {"line": line[:60]})
            known[kind.strip()] = value.strip()
        return known

    def clean_results(self) -> dict[str, Any]:
        try:
            told = yaml.safe_load(self.cleaned_data["results"]) or {}
        except yaml.YAMLError:
            raise forms.ValidationError(_("This cannot be read as YAML.")) from None
        if not isinstance(told, dict):
            raise forms.ValidationError(_("Begin with the name of a tool and a colon."))
        return told

    @property
    def given(self) -> dict[str, Any]:
        clean = self.cleaned_data
        kind, _colon, value = clean["expected"].partition(":")
        several = value.split("/") if "/" in value else value
        expect: dict[str, Any] = {kind: several or True, "within": clean["within"]}
        for name in ("says", "never", "changes"):
            if clean.get(name):
                expect[name] = clean[name]
        customer = {name: clean[name] for name in ("proved", "tier", "person_free")}
        kept = {name: clean[name] for name in ("name", "language", "turns", "knows", "results")}
        return kept | {"expect": expect, "customer": customer}


def _expectable(bot: Bot) -> list[Any]:
    intents = [(f"intent:{one.slug}", str(one)) for one in Intent.objects.filter(is_active=True)]
    shown = ArticleVersion.objects.visible_to(Reader(brand=bot.brand_id)).defer("body", "html")
    titles = {str(one.article_id): one.title for one in shown}
    articles = sorted((f"article:{pk}", title) for pk, title in titles.items())
    articles.sort(key=lambda pair: pair[1].casefold())
    reasons = [(f"handoff:{code}", label) for code, label in HandOff.Reason.choices]
    groups = [
        (_("Handed over because …"), reasons),
        (_("Understood as …"), intents),
        (_("Answered by the article …"), articles),
    ]
    return [("solved", _("The bot settles it")), *(group for group in groups if group[1])]


def _several(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A test that was brought in may take more than one reason for right."""
    reasons = reasons_in(given.get("expect") or {})
    labels = dict(HandOff.Reason.choices)
    words = " / ".join(str(labels.get(one, one)) for one in reasons)
    return [(f"handoff:{'/'.join(reasons)}", words)] if len(reasons) > 1 else []


def _initial_of(given: Mapping[str, Any]) -> dict[str, Any]:
    if not given:
        return {"tier": "standard"}
    expect, customer = given.get("expect") or {}, given.get("customer") or {}
    if reasons := reasons_in(expect):
        expected = f"handoff:{'/'.join(reasons)}"
    else:
        kind = next((one for one in ("intent", "article") if expect.get(one)), "")
        expected = f"{kind}:{expect[kind]}" if kind else "solved"
    results = given.get("results") or {}
    told = yaml.safe_dump(results, allow_unicode=True, sort_keys=False) if results else ""
    return {
        **{key: given.get(key) for key in ("name", "language", "turns")},
        **{key: expect.get(key, ()) for key in ("says", "never", "changes")},
        "within": expect.get("within") or WITHIN,
        "expected": expected,
        "proved": customer.get("proved", False),
        "tier": customer.get("tier") or "standard",
        "person_free": customer.get("person_free", False),
        "knows": [f"{kind}: {value}" for kind, value in (given.get("knows") or {}).items()],
        "results": told,
    }


class KeepForm(CaseForm):
    """One made of a conversation says into which suite it goes."""

    suite = forms.ModelChoiceField(Suite.objects.none(), label=_("Suite"), empty_label=None)

    def __init__(self, *args: Any, bot: Bot, **kwargs: Any) -> None:
        super().__init__(*args, bot=bot, **kwargs)
        field: Any = self.fields["suite"]
        field.queryset = Suite.objects.filter(bot=bot)
        self.order_fields(["suite", "name"])


class ImportForm(forms.Form):
    text = forms.CharField(
        label=_("Dialogues in YAML"),
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 8, **_MONO}),
        help_text=_("A list; each has name, language, turns, expect and what else a test has."),
    )


class PlayForm(forms.Form):
    """Against what a suite is played."""

    candidate = forms.ChoiceField(label=_("Compare what is live with"))

    def __init__(
        self, *args: Any, drafts: int, models: list[UnderstandingModel], **kw: Any
    ) -> None:
        super().__init__(*args, **kw)
        field: Any = self.fields["candidate"]
        field.choices = [
            ("live", _("nothing: play it as it is")),
            *([("drafts", _("all drafts of flows"))] if drafts else []),
            *((f"model:{one.number}", _model_words(one)) for one in models),
        ]


def _model_words(model: UnderstandingModel) -> str:
    return _("version %(n)s of the understanding") % {"n": model.number}


class TrialForm(forms.Form):
    flows = forms.MultipleChoiceField(
        label=_("Drafts of flows"), required=False, widget=forms.CheckboxSelectMultiple
    )
    model = forms.ChoiceField(label=_("Understanding"), required=False)
    share = forms.IntegerField(
        label=_("Share of new dialogues, of a hundred"),
        min_value=1,
        max_value=90,
        initial=Trial._meta.get_field("share").default,
        help_text=_("Drawn by lot for each customer; all others are answered by what is live."),
    )

    def __init__(
        self, *args: Any, bot: Bot, drafts: Mapping[str, str], models: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        named = {one.slug: str(one) for one in Flow.objects.filter(bot=bot)}
        fields["flows"].choices = [(slug, named.get(slug, slug)) for slug in drafts]
        fields["model"].choices = [
            ("", _("the one that is live")),
            *((str(one.number), _model_words(one)) for one in models),
        ]
        if not drafts:
            del self.fields["flows"]
        if not models:
            del self.fields["model"]
