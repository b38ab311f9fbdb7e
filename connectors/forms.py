"""What people write into the pages about doors."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from connectors.mail.hooks import ADAPTERS
from connectors.models import Brand, Inbox
from core.colour import DEFAULT
from core.errors import HelpdeskError
from core.pictures import MAX_BYTES, clean_picture


class BlockForm(forms.Form):
    value = forms.CharField(
        label=_("Address or domain"),
        max_length=254,
        widget=forms.TextInput(
            attrs={"placeholder": "name@example.com", "autocomplete": "off", "spellcheck": "false"}
        ),
    )


class InboxForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Of a door there is, or of a mailbox there is to be. Teams are those the admin may open."""

    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Otherwise nothing comes in through it; what came stays."),
    )

    class Meta:
        model = Inbox
        fields = [
            "name",
            "address",
            "brand",
            "team",
            "calendar",
            "acknowledges",
            "acknowledgement",
            "undo_seconds",
            "reopen_days",
            "is_active",
        ]
        labels = {"brand": _("Brand")}
        widgets = {"acknowledgement": forms.Textarea(attrs={"rows": 4})}

    field_order = Meta.fields

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        if (self.instance.kind or Inbox.Kind.MAIL) == Inbox.Kind.MAIL:
            fields["address"].required = True
        else:
            del fields["address"]
        fields["brand"].queryset = Brand.objects.defer("logo").order_by("name")
        fields["brand"].empty_label = None
        fields["team"].empty_label = fields["calendar"].empty_label = "—"
        if not actor.may("tickets.view_all_ticket"):
            own = {*actor.access.teams, self.instance.team_id}
            fields["team"].queryset = fields["team"].queryset.filter(pk__in=own - {None})

    def clean_address(self) -> str:
        return str(self.cleaned_data["address"]).lower()


class BrandForm(forms.ModelForm):  # type: ignore[type-arg]  # as above
    languages = forms.MultipleChoiceField(
        label=_("Languages of the portal"),
        required=False,
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them."),
    )
    picture = forms.FileField(
        label=_("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_("PNG, JPEG or WebP, at most 300 kB. Shown at most 40 points high."),
    )
    drops_logo = forms.BooleanField(label=_("Remove the logo"), required=False)

    class Meta:
        model = Brand
        fields = ["name", "slug", "accent", "sender_name", "signature"]
        widgets = {
            "signature": forms.Textarea(attrs={"rows": 3}),
            "accent": forms.TextInput(attrs={"type": "color"}),
        }

    field_order = [
        "name",
        "slug",
        "accent",
        "picture",
        "drops_logo",
        "languages",
        "sender_name",
        "signature",
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["languages"] = self.instance.languages
        self.initial["accent"] = self.instance.accent or DEFAULT
        if not self.instance.logo:
            del self.fields["drops_logo"]

    def clean_picture(self) -> tuple[bytes, str] | None:
        given = self.cleaned_data["picture"]
        if not given:
            return None
        try:
            return clean_picture(given.read(MAX_BYTES + 1))
        except HelpdeskError as refusal:
            raise forms.ValidationError(refusal.reason) from None

    def clean(self) -> dict[str, Any]:
        """The fields of the brand under their names, as the action takes them."""
        data = dict(super().clean() or self.cleaned_data)
        picture, drops = data.pop("picture", None), data.pop("drops_logo", False)
        if picture:
            data["logo"], data["logo_type"] = picture
        elif drops:
            data["logo"], data["logo_type"] = None, ""
        data["slug"] = data.get("slug") or self.instance.slug
        return data


class MailboxForm(forms.Form):
    host = forms.CharField(label=_("IMAP server"), max_length=253, required=False)
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    ssl = forms.BooleanField(label=_("Encrypted from the start (TLS)"), required=False)
    user = forms.CharField(label=_("User name"), max_length=254, required=False)
    password = forms.CharField(
        label=_("Password"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Never shown again. Empty: it stays as it is."),
    )
    folder = forms.CharField(label=_("Folder"), max_length=200, required=False)
    processed_folder = forms.CharField(
        label=_("Folder for read mails"),
        max_length=200,
        required=False,
        help_text=_("Empty: they stay where they are, marked as read."),
    )

    @staticmethod
    def shown_of(credentials: dict[str, Any]) -> dict[str, Any]:
        kept = credentials.get("imap") or {}
        shown = {name: kept[name] for name in ("host", "port", "user", "folder") if name in kept}
        usual = {"port": 993, "folder": "INBOX", "ssl": kept.get("ssl", True)}
        return usual | shown | {"processed_folder": credentials.get("processed_folder", "")}


class SendingForm(forms.Form):
    """Answers of this inbox leave through it; empty, through the server of the whole house."""

    smtp_host = forms.CharField(
        label=_("SMTP server"),
        max_length=253,
        required=False,
        help_text=_("Empty: through the server of the whole installation."),
    )
    smtp_port = forms.IntegerField(
        label=_("SMTP port"), min_value=1, max_value=65535, required=False, initial=587
    )
    smtp_user = forms.CharField(
        label=_("User name"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    smtp_password = forms.CharField(
        label=_("Password"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Never shown again. Empty: it stays as it is."),
    )

    def clean(self) -> dict[str, Any]:
        """Under the names that the action takes."""
        given = self.cleaned_data
        port = given.get("smtp_port") or 587
        kept = {name: given.get(f"smtp_{name}", "") for name in ("host", "user", "password")}
        return kept | {"port": port}


class OAuthForm(forms.Form):
    provider = forms.ChoiceField(
        label=_("Provider"), choices=[("google", "Google"), ("microsoft", "Microsoft 365")]
    )
    user = forms.EmailField(label=_("Address of the mailbox"))
    client_id = forms.CharField(label=_("Client ID"), max_length=200)
    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Never shown again. Empty: it stays as it is."),
    )
    tenant = forms.RegexField(
        r"^[A-Za-z0-9.\-]+$",
        label=_("Tenant (Microsoft only)"),
        max_length=100,
        required=False,
        empty_value="common",
    )

    @staticmethod
    def shown_of(kept: dict[str, Any]) -> dict[str, Any]:
        names = ("provider", "user", "client_id", "tenant")
        return {name: kept[name] for name in names if kept.get(name)}


class HookForm(forms.Form):
    provider = forms.ChoiceField(
        label=_("Provider"), choices=[(name, name) for name in sorted(ADAPTERS)]
    )
    name = forms.ChoiceField(
        label=_("Kind of secret"),
        choices=[
            ("webhook_secret", _("User and password of the address, as user:password")),
            ("webhook_signing_key", _("Signing key (Mailgun)")),
            ("webhook_key", _("Webhook key (Mandrill, Postal)")),
            ("inbound_secret", _("Secret for received mail (MailerSend)")),
            ("signing_secret", _("Secret for reports (MailerSend)")),
            ("tracking_webhook_verification_key", _("Verification key for reports (SendGrid)")),
            ("api_key", _("API key for fetching attachments (Brevo)")),
        ],
    )
    secret = forms.CharField(
        label=_("Secret"),
        max_length=2000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Never shown again. Empty: the provider is shut out."),
    )


class DkimForm(forms.Form):
    domain = forms.CharField(
        label=_("Domain"),
        max_length=253,
        validators=[RegexValidator(r"^([a-z0-9-]+\.)+[a-z0-9-]+$", _("This is no domain."))],
        help_text=_("That of the addresses you write from."),
    )
    selector = forms.SlugField(
        label=_("Selector"), max_length=63, help_text=_("A new name for each key, e.g. 2026a.")
    )

    def __init__(self, *args: Any, brand: Brand, **kwargs: Any) -> None:
        address = brand.inboxes.exclude(address=None).values_list("address", flat=True).first()
        domain = brand.dkim_domain or (address or "").rpartition("@")[2]
        super().__init__(*args, initial={"domain": domain}, **kwargs)
