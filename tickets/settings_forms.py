"""What admins write about tickets: statuses, types, tags, and handing over."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Team, User
from customers.models import CustomField
from tickets.models import Category, Status, TicketType


class StatusForm(forms.Form):
    category = forms.ChoiceField(
        label=_("What it means"),
        choices=Category,
        help_text=_("Decides which step may follow and when time counts. Cannot be changed later."),
    )
    name = forms.CharField(label=_("Name for agents"), max_length=60)
    customer_name = forms.CharField(
        label=_("Name for customers"),
        max_length=60,
        help_text=_("What they read in the portal and in mails."),
    )
    is_default = forms.BooleanField(
        label=_("The usual one of its meaning"),
        required=False,
        help_text=_("Taken when nobody names another one."),
    )

    def __init__(self, *args: Any, status: Status | None = None, **kwargs: Any) -> None:
        initial = {}
        if status:
            initial = {key: getattr(status, key) for key in self.base_fields}
        super().__init__(*args, initial=initial, **kwargs)
        if status:
            del self.fields["category"]


class TypeForm(forms.Form):
    name = forms.CharField(label=_("Name for agents"), max_length=60)
    customer_name = forms.CharField(
        label=_("Name for customers"),
        max_length=80,
        required=False,
        help_text=_("Empty: the same name."),
    )
    description = forms.CharField(
        label=_("Help for customers"),
        max_length=200,
        required=False,
        help_text=_("When to choose this one, in a sentence."),
    )
    fields_ = forms.ModelMultipleChoiceField(
        CustomField.objects.none(),
        label=_("Asks for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Fields that no type asks for stand on tickets of every type."),
    )
    is_offered = forms.BooleanField(label=_("Offered in the portal"), required=False, initial=True)
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, type: TicketType | None = None, **kwargs: Any) -> None:
        initial: dict[str, Any] = {"is_offered": True, "is_active": True}
        if type:
            kept = ("name", "customer_name", "description", "is_offered", "is_active")
            initial = {key: getattr(type, key) for key in kept}
            initial["fields_"] = list(type.fields.all())
        super().__init__(*args, initial=initial, **kwargs)
        fields: Any = self.fields["fields_"]
        fields.queryset = CustomField.objects.filter(owner=CustomField.Owner.TICKET, is_active=True)

    def clean(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data["fields"] = data.pop("fields_", [])
        return data


class TagsForm(forms.Form):
    tags = forms.MultipleChoiceField(
        label=_("Tags"), error_messages={"required": _("Choose at least one tag.")}
    )
    to = forms.CharField(label=_("New name"), max_length=40, required=False)

    def __init__(self, *args: Any, known: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tags"].choices = [(tag, tag) for tag in known]


class HandOverForm(forms.Form):
    to = forms.ChoiceField(label=_("Open tickets go to"), required=False)

    def __init__(self, *args: Any, leaving: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).exclude(pk=leaving.pk).order_by("name")
        able = [user for user in people if user.may("tickets.reply_ticket")]
        self.fields["to"].choices = [
            ("", _("Nobody: they stay in their team, unassigned")),
            (_("A team"), [(f"team:{team.pk}", team.name) for team in Team.objects.all()]),
            (_("A colleague"), [(f"user:{user.pk}", user.name) for user in able]),
        ]

    def clean_to(self) -> User | Team | None:
        kind, _colon, pk = self.cleaned_data["to"].partition(":")
        if not kind:
            return None
        return User.objects.get(pk=pk) if kind == "user" else Team.objects.get(pk=pk)


class DeleteTeamForm(forms.Form):
    to = forms.ModelChoiceField(
        Team.objects.none(), label=_("Another team takes over"), required=False, empty_label="—"
    )

    def __init__(self, *args: Any, team: Team, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to: Any = self.fields["to"]
        to.queryset = Team.objects.exclude(pk=team.pk)
        if not actor.may("tickets.view_all_ticket"):
            to.queryset = to.queryset.filter(pk__in=actor.access.teams)


# The first set-up


class FirstBrandForm(forms.Form):
    name = forms.CharField(
        label=_("Name your customers know"), max_length=80, help_text=_("Answers leave under it.")
    )
    accent = forms.CharField(
        label=_("Colour"),
        max_length=7,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write a colour like #2c5f4a."))],
        widget=forms.TextInput(attrs={"type": "color"}),
        help_text=_("Of the portal. Too light a colour is darkened until words can be read."),
    )

    def clean_accent(self) -> str:
        return str(self.cleaned_data["accent"]).lower()


class FirstMailboxForm(forms.Form):
    address = forms.EmailField(label=_("Address customers write to"))
    name = forms.CharField(
        label=_("Name of the inbox"), max_length=80, help_text=_("As agents see it: Support, …")
    )
    host = forms.CharField(label=_("IMAP server"), max_length=253)
    port = forms.IntegerField(label=_("IMAP port"), min_value=1, max_value=65535, initial=993)
    ssl = forms.BooleanField(
        label=_("Encrypted from the start (TLS)"), required=False, initial=True
    )
    user = forms.CharField(
        label=_("User name"), max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Often a password for apps, made at the provider. It is kept sealed."),
    )
    smtp_host = forms.CharField(label=_("SMTP server"), max_length=253, required=False)
    smtp_port = forms.IntegerField(
        label=_("SMTP port"), min_value=1, max_value=65535, required=False, initial=587
    )


class FirstTeamForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)


class FirstAgentsForm(forms.Form):
    people = forms.CharField(
        label=_("E-mail addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "anna@example.com Anna Berg"}),
        help_text=_("One person per line: address, then name. Each gets a link by mail."),
    )

    def clean_people(self) -> list[tuple[str, str]]:
        found = []
        for line in self.cleaned_data["people"].splitlines():
            address, _space, name = line.strip().replace(",", " ").partition(" ")
            if address:
                forms.EmailField().clean(address)
                found.append((address, " ".join(name.split()) or address.partition("@")[0]))
        return found
