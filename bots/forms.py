"""What admins write about a bot."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bots.dialogue.phrases import PHRASES
from bots.models import Bot
from connectors.models import Brand, Inbox

# Phrases an admin may word otherwise; all others are the same everywhere.
WORDED = ("greeting", "thanks", "bye", "clarify", "hand_over")


class AddBotForm(forms.Form):
    brand = forms.ModelChoiceField(Brand.objects.none(), label=_("Brand"))
    name = forms.CharField(label=_("Name"), max_length=40, help_text=_("Customers see it."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["brand"]
        field.queryset = Brand.objects.filter(bot=None)


class Lines(forms.CharField):
    """One value a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        lines = (line.strip()[:200] for line in super().clean(value).splitlines())
        return list(dict.fromkeys(line for line in lines if line))[:100]


class Facts(forms.CharField):
    """``name: text``, one a line; texts name them in braces."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{name}: {text}" for name, text in value.items())
        return value

    def clean(self, value: Any) -> Any:
        facts = {}
        for line in super().clean(value).splitlines():
            name, colon, text = line.partition(":")
            name = name.strip()
            if not line.strip():
                continue
            if not colon or not name.isidentifier() or not name.isascii() or not name.islower():
                raise forms.ValidationError(_("Write each as: opening_hours: 9 to 18"))
            facts[name[:40]] = text.strip()[:300]
        return facts


class PersonaForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=40, help_text=_("Customers see it."))
    tone = forms.CharField(label=_("Tone"), max_length=200, required=False)
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A flow is published only with texts in all of them."),
    )
    inboxes = forms.ModelMultipleChoiceField(
        Inbox.objects.none(),
        label=_("Inboxes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("There it answers before people do."),
    )
    after_hours = forms.BooleanField(
        label=_("Meets chats outside working hours"),
        required=False,
        help_text=_("It says when people are back; what it hands over is answered by mail."),
    )
    pauses_on_alarm = forms.BooleanField(
        label=_("Pauses by itself on an alarm after a release"),
        required=False,
        help_text=_("When complaints or low scores rise by more than chance allows."),
    )
    forbidden = Lines(
        label=_("Forbidden words"), required=False, help_text=_("One a line. They are never said.")
    )
    facts = Facts(
        label=_("Approved facts"),
        required=False,
        help_text=_("One a line, as “name: text”; texts of flows name them in braces."),
    )
    per_thread = forms.IntegerField(
        label=_("Answers in a conversation at most"), min_value=1, max_value=200
    )
    per_hour = forms.IntegerField(
        label=_("Answers to one customer in an hour at most"), min_value=1, max_value=500
    )

    def __init__(self, *args: Any, bot: Bot, **kwargs: Any) -> None:
        self.bot = bot
        initial: dict[str, Any] = {
            key: getattr(bot, key) for key in self.base_fields if hasattr(bot, key)
        }
        initial["inboxes"] = list(bot.inboxes.values_list("pk", flat=True))
        super().__init__(*args, initial=initial, **kwargs)
        field: Any = self.fields["inboxes"]
        field.queryset = Inbox.objects.filter(brand=bot.brand_id, is_active=True)
        self._add_phrases(bot)

    def _add_phrases(self, bot: Bot) -> None:
        names = dict(settings.LANGUAGES)
        for phrase in WORDED:
            for code in bot.languages or ["en"]:
                said = bot.phrases.get(phrase, {}).get(code, "")
                self.fields[f"phrase_{phrase}_{code}"] = forms.CharField(
                    label=f"{_label_of(phrase)} · {names.get(code, code)}",
                    required=False,
                    max_length=400,
                    initial=said,
                    widget=forms.TextInput(
                        attrs={
                            "placeholder": PHRASES[phrase].get(code, "").replace("{name}", bot.name)
                        }
                    ),
                )

    @property
    def phrases(self) -> dict[str, dict[str, str]]:
        """Those that were worded; without the ones this form does not ask for."""
        kept = {name: dict(texts) for name, texts in self.bot.phrases.items() if name not in WORDED}
        for phrase in WORDED:
            for code in self.bot.languages or ["en"]:
                said = self.cleaned_data.get(f"phrase_{phrase}_{code}", "").strip()
                if said:
                    kept.setdefault(phrase, {})[code] = said
        return kept


def _label_of(phrase: str) -> str:
    labels = {
        "greeting": _("Greeting"),
        "thanks": _("After thanks"),
        "bye": _("Goodbye"),
        "clarify": _("When it is not sure"),
        "hand_over": _("When it hands over"),
    }
    return str(labels[phrase])


class FlowForm(forms.Form):
    outline = forms.CharField(
        label=_("Outline"),
        max_length=60_000,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 30, "spellcheck": "false", "autocapitalize": "off", "class": "outline"}
        ),
    )
