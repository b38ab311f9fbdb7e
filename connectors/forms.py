"""What people write into the pages about doors."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from connectors.mail.hooks import ADAPTERS
from connectors.models import Brand, Inbox


class BlockForm(forms.Form):
    value = forms.CharField(
        label=_("Address or domain"),
        max_length=254,
        widget=forms.TextInput(
            attrs={"placeholder": "name@example.com", "autocomplete": "off", "spellcheck": "false"}
        ),
    )


class InboxForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    class Meta:
        model = Inbox
        fields = ["acknowledges", "acknowledgement", "undo_seconds", "reopen_days"]
        widgets = {"acknowledgement": forms.Textarea(attrs={"rows": 4})}


class BrandForm(forms.ModelForm):  # type: ignore[type-arg]  # as above
    class Meta:
        model = Brand
        fields = ["sender_name", "signature"]
        widgets = {"signature": forms.Textarea(attrs={"rows": 3})}


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
