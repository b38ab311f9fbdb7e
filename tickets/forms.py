"""What people write into the pages; the actions check the rest."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from connectors.models import Inbox
from core.clock import now
from core.errors import Invalid
from tickets.models import Draft
from tickets.queries.schedule import FURTHEST

_SEPARATORS = re.compile(r"[,;\s]+")


class Checked(forms.Form):
    def checked(self) -> dict[str, Any]:
        """The clean values; otherwise a refusal that names the first field in error."""
        if self.is_valid():
            return self.cleaned_data
        field, errors = next(iter(self.errors.items()))
        raise Invalid(str(errors[0]), field=field)


class Ids(forms.Field):
    """Any number of ids, as repeated values."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[UUID]:
        try:
            return [UUID(text) for text in value or []]
        except ValueError:
            raise forms.ValidationError(_("That is no id.")) from None


class Words(forms.Field):
    """Any number of short texts, as repeated values."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        return [str(text)[:100] for text in value or []]


class Addresses(forms.CharField):
    """E-mail addresses with commas, semicolons or spaces between them."""

    def clean(self, value: Any) -> list[str]:
        found = [part for part in _SEPARATORS.split(super().clean(value)) if part]
        for address in found:
            forms.EmailField().clean(address)
        return found


class NoteForm(Checked):
    body = forms.CharField(strip=False, required=False)
    client_id = forms.UUIDField(required=False)
    attachments = Ids(required=False)
    mentions = Words(required=False)


class ReplyForm(NoteForm):
    seen_seq = forms.IntegerField(required=False, min_value=0)
    to = forms.EmailField(required=False)
    cc = Addresses(required=False)
    bcc = Addresses(required=False)
    status = forms.SlugField(required=False)
    not_before = forms.DateTimeField(required=False)

    def clean_not_before(self) -> datetime | None:
        wanted: datetime | None = self.cleaned_data["not_before"]
        if wanted and wanted < now():
            raise forms.ValidationError(_("This time has passed."))
        if wanted and wanted > now() + FURTHEST:
            raise forms.ValidationError(_("That is more than a year away."))
        return wanted


class ForwardForm(Checked):
    to = Addresses(required=False)
    body = forms.CharField(strip=False, required=False, max_length=100_000)
    files = Ids(required=False)  # type: ignore[assignment]  # Django keeps fields by themselves
    client_id = forms.UUIDField(required=False)


class DraftForm(Checked):
    body = forms.CharField(strip=False, required=False, max_length=200_000)
    kind = forms.ChoiceField(choices=Draft.Kind)
    files = Ids(required=False)  # type: ignore[assignment]  # Django keeps fields by themselves
    version = forms.IntegerField(required=False, min_value=0)
    is_shared = forms.BooleanField(required=False)
    to = forms.CharField(required=False, max_length=254)
    cc = forms.CharField(required=False, max_length=5000)
    bcc = forms.CharField(required=False, max_length=5000)


class OpenTicketForm(forms.Form):
    """A request an agent opens for a customer, after a call for instance."""

    inbox = forms.ModelChoiceField(
        Inbox.objects.none(), label=gettext_lazy("Inbox"), empty_label=None
    )
    customer_email = forms.EmailField(label=gettext_lazy("Customer's e-mail"))
    customer_name = forms.CharField(
        label=gettext_lazy("Customer's name"), required=False, max_length=200
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=500)
    body = forms.CharField(
        label=gettext_lazy("What the customer asks"), strip=False, widget=forms.Textarea
    )
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inboxes = Inbox.objects.filter(is_active=True).order_by("name")
        if not user.may("tickets.view_all_ticket"):
            access = user.access
            inboxes = inboxes.filter(pk__in=access.inboxes) | inboxes.filter(team__in=access.teams)
        self.fields["inbox"].queryset = inboxes.distinct()


# The portal


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


class AnswerForm(forms.Form):
    status = 400  # what the page is answered with when it is refused
    body = forms.CharField(
        label=gettext_lazy("Your reply"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput)


class RequestForm(forms.Form):
    """What a customer asks in the portal; who is not signed in says where to answer."""

    subject = forms.CharField(label=gettext_lazy("What is it about?"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("Tell us more"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_known:
            del self.fields["name"], self.fields["email"]
