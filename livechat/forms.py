"""What admins enter about a chat inbox; the actions check the rest."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Calendar, Team
from connectors.models import Brand, Inbox
from customers.models import Notice, Tier
from livechat.models import ChatWidget, ProactiveMessage
from livechat.queries.config import FIELDS

ASKED = {
    "name": _("Name"),
    "email": _("E-mail"),
    "topic": _("Topic"),
    "text": pgettext_lazy("field of a form", "Message"),
    "order": _("Order number"),
}
_ANSWERS = [("", _("Not asked")), ("asked", _("Asked")), ("required", _("Required"))]
_AREA = {"rows": 2, "dir": "auto"}


class AddWidgetForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=80,
        help_text=_("As your people know it; visitors see the name of the brand."),
    )
    brand = forms.ModelChoiceField(Brand.objects.order_by("name"), label=_("Brand"))
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        label=_("Team"),
        required=False,
        empty_label=_("Nobody in particular"),
        help_text=_("Its members are offered the chats."),
    )
    origins = forms.CharField(
        label=_("Websites it stands on"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr", "spellcheck": "false"}),
        help_text=_("One a line, such as https://www.example.com. Others are turned away."),
    )

    def clean_origins(self) -> list[str]:
        return str(self.cleaned_data["origins"]).split()


class _Notices(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.purpose} · {obj.text[:60]}"


class WidgetForm(AddWidgetForm):
    """Everything on one page; ``sections`` says what stands together."""

    is_open = forms.BooleanField(
        label=_("Takes chats"),
        required=False,
        help_text=_("Switched off, what visitors write becomes a ticket."),
    )
    calendar = forms.ModelChoiceField(
        Calendar.objects.order_by("name"),
        label=_("Working hours"),
        required=False,
        empty_label=_("Day and night"),
        help_text=_("Outside of them, what visitors write becomes a ticket."),
    )
    position = forms.ChoiceField(
        label=_("Stands on the"), choices=ChatWidget.Position, widget=forms.RadioSelect
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        required=False,
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them."),
    )
    topics = forms.CharField(
        label=_("Topics to choose from"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("One a line. Empty: visitors write their own."),
    )
    notice = _Notices(
        Notice.objects.none(),
        label=_("Notice to agree to"),
        required=False,
        empty_label=_("None"),
        help_text=_("Shown before the first message. Which version was agreed to is kept."),
    )
    privacy_url = forms.URLField(
        label=_("Address of the privacy statement"), required=False, assume_scheme="https"
    )
    previews = forms.BooleanField(
        label=_("Agents see what is being typed"),
        required=False,
        help_text=_("Visitors are told so. Nothing of it is kept."),
    )
    asks_page = forms.BooleanField(
        label=_("Agents see the page and where the visitor came from"),
        required=False,
        help_text=_("Only of visitors who agree to it."),
    )
    offer_seconds = forms.IntegerField(
        label=_("An offer lasts (seconds)"), min_value=5, max_value=300
    )
    leaves_after_seconds = forms.IntegerField(
        label=_("Counts as gone after (seconds)"),
        min_value=20,
        max_value=3600,
        help_text=_("Then unread answers go on by mail."),
    )
    keep_days = forms.IntegerField(
        label=_("A browser is remembered (days)"), min_value=1, max_value=1000
    )
    mail_inbox = forms.ModelChoiceField(
        Inbox.objects.none(),
        label=_("Answers go on by mail through"),
        required=False,
        empty_label=_("The first mailbox of the brand"),
    )

    def __init__(self, *args: Any, widget: ChatWidget, **kwargs: Any) -> None:
        self.widget = widget
        super().__init__(*args, initial=_shown_of(widget), **kwargs)
        del self.fields["brand"]
        mailboxes = Inbox.objects.filter(
            brand=widget.inbox.brand_id, kind=Inbox.Kind.MAIL, is_active=True
        )
        self.fields["mail_inbox"].queryset = mailboxes.exclude(address=None).order_by("name")
        self.fields["notice"].queryset = _newest_notices()
        _add_greetings(self)
        for name in FIELDS:
            self.fields[f"ask_{name}"] = forms.ChoiceField(
                label=ASKED[name], choices=_ANSWERS, required=False
            )

    def greetings(self) -> list[forms.BoundField]:
        return [self[f"greeting_{code}"] for code, _name in settings.LANGUAGES]

    def asks(self) -> list[forms.BoundField]:
        return [self[f"ask_{name}"] for name in FIELDS]

    def of_inbox(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "team", "calendar")}

    def of_widget(self) -> dict[str, Any]:
        """As ``change_widget`` takes them."""
        data = self.cleaned_data
        return {name: data[name] for name in _PLAIN} | {
            "greeting": _by_language(data, "greeting"),
            "fields": [*self._fields()],
        }

    def _fields(self) -> list[dict[str, Any]]:
        kept = {field.get("name"): field for field in self.widget.fields}
        topics = [line.strip() for line in self.cleaned_data["topics"].splitlines()]
        asked = []
        for name in FIELDS:
            answer = self.cleaned_data[f"ask_{name}"]
            if not answer:
                continue
            field = dict(kept.get(name, {})) | {"name": name, "required": answer == "required"}
            if name == "topic":
                field["options"] = [topic[:80] for topic in topics if topic][:20]
            asked.append(field)
        return asked


_PLAIN = (
    "origins",
    "is_open",
    "position",
    "languages",
    "notice",
    "privacy_url",
    "previews",
    "asks_page",
    "offer_seconds",
    "leaves_after_seconds",
    "keep_days",
    "mail_inbox",
)


def _shown_of(widget: ChatWidget) -> dict[str, Any]:
    fields = {field.get("name"): field for field in widget.fields}
    shown = {name: getattr(widget, name) for name in _PLAIN}
    inbox = widget.inbox
    shown |= {"name": inbox.name, "team": inbox.team_id, "calendar": inbox.calendar_id}
    shown["origins"] = "\n".join(widget.origins)
    shown["notice"] = _newest_of(widget.notice)
    shown["topics"] = "\n".join(map(str, fields.get("topic", {}).get("options", [])))
    for name, field in fields.items():
        shown[f"ask_{name}"] = "required" if field.get("required") else "asked"
    return shown | {f"greeting_{code}": text for code, text in widget.greeting.items()}


def _newest_notices() -> Any:
    """One of each purpose: the widget shows its newest version in the visitor's language."""
    return (
        Notice.objects.select_related("purpose")
        .order_by("purpose_id", "-version", "locale")
        .distinct("purpose_id")
    )


def _newest_of(notice: Notice | None) -> Notice | None:
    return _newest_notices().filter(purpose=notice.purpose_id).first() if notice else None


def _add_greetings(form: forms.Form) -> None:
    for code, name in settings.LANGUAGES:
        form.fields[f"greeting_{code}"] = forms.CharField(
            label=name,
            required=False,
            max_length=300,
            widget=forms.Textarea(attrs=_AREA | {"lang": code}),
        )


def _by_language(data: dict[str, Any], stem: str) -> dict[str, str]:
    texts = {code: data[f"{stem}_{code}"].strip() for code, _name in settings.LANGUAGES}
    return {code: text for code, text in texts.items() if text}


class ProactiveForm(forms.Form):
    page = forms.CharField(
        label=_("On pages"),
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "ltr", "spellcheck": "false"}),
        help_text=_("* stands for anything, for example */basket*."),
    )
    seconds = forms.IntegerField(label=_("After seconds on the page"), min_value=1, max_value=3600)
    per_days = forms.IntegerField(label=_("At most once in days"), min_value=1, max_value=365)
    tiers = forms.MultipleChoiceField(
        label=_("For tiers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: everybody. Others only once they have proved who they are."),
    )
    languages = forms.MultipleChoiceField(
        label=_("In languages"),
        required=False,
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them."),
    )
    is_on = forms.BooleanField(label=_("In use"), required=False)

    def __init__(self, *args: Any, message: ProactiveMessage | None = None, **kwargs: Any) -> None:
        shown = message or ProactiveMessage()
        names = ("page", "seconds", "per_days", "tiers", "languages", "is_on")
        initial = {name: getattr(shown, name) for name in names}
        initial |= {f"text_{code}": text for code, text in shown.texts.items()}
        super().__init__(*args, initial=initial, **kwargs)
        tiers = Tier.objects.values_list("code", "name")
        self.fields["tiers"].choices = list(tiers)
        for code, name in settings.LANGUAGES:
            self.fields[f"text_{code}"] = forms.CharField(
                label=name,
                required=False,
                max_length=300,
                widget=forms.Textarea(attrs=_AREA | {"lang": code}),
            )

    def texts(self) -> list[forms.BoundField]:
        return [self[f"text_{code}"] for code, _name in settings.LANGUAGES]

    def clean(self) -> dict[str, Any]:
        """The texts under one name, as the action takes them."""
        data = dict(self.cleaned_data)
        if any(f"text_{code}" not in data for code, _name in settings.LANGUAGES):
            return data
        data["texts"] = _by_language(data, "text")
        for code, _name in settings.LANGUAGES:
            del data[f"text_{code}"]
        if not data["texts"]:
            raise forms.ValidationError(_("Write what it says in at least one language."))
        return data
