"""Inboxes: whether they work, what they say by themselves, and under which name we answer."""

from typing import Any
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Team
from connectors import actions
from connectors.forms import BrandForm, DkimForm, InboxForm
from connectors.models import Brand, Inbox
from connectors.queries import dns_record_of, has_mailbox, list_brands, list_inboxes
from connectors.templatetags.reasons import reason_in_words
from connectors.views.access import private, require
from core.colour import DEFAULT, palette_of
from core.errors import HelpdeskError
from core.pages import carry_out, status_of
from core.registry import inbox_pages


@login_required
@require_safe
def inboxes(request: HttpRequest) -> HttpResponse:
    require(request, "connectors.change_inbox")
    context = {
        "inboxes": list_inboxes(request.user),
        "brands": list_brands(request.user),
        "teams": Team.objects.all(),
    }
    return private(render(request, "connectors/inboxes.html", context))


@login_required
def inbox(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request, "connectors.change_inbox")
    found = get_object_or_404(list_inboxes(request.user), pk=pk)
    if theirs := inbox_pages.get(found.kind):
        return redirect(theirs.settings, pk)
    form = InboxForm(request.POST or None, instance=found, actor=request.user)

    def change(**values: Any) -> Inbox:
        return actions.change_inbox(found, actor=request.user, **values)

    if carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("connectors:inboxes")
    # A form that is refused has set what was typed on its inbox; the page tells what there is.
    found = get_object_or_404(list_inboxes(request.user), pk=pk)
    context = {"inbox": found, "form": form, "has_mailbox": has_mailbox(found)}
    return private(render(request, "connectors/inbox.html", context, status=status_of(form)))


@login_required
def add_inbox(request: HttpRequest) -> HttpResponse:
    """A further mailbox; how we get into it is asked on the next page."""
    require(request, "connectors.add_inbox")
    new = Inbox(kind=Inbox.Kind.MAIL)
    form = InboxForm(request.POST or None, instance=new, actor=request.user)

    def add(**values: Any) -> Inbox:
        return actions.add_inbox(kind=Inbox.Kind.MAIL, actor=request.user, **values)

    if made := carry_out(form, add):
        messages.success(request, _("The inbox is there. Say how we get into its mailbox."))
        return redirect("connectors:mailbox", made.pk)
    context = {"form": form, "brands": Brand.objects.exists()}
    return private(render(request, "connectors/add_inbox.html", context, status=status_of(form)))


@login_required
@require_POST
def try_inbox(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Get into the mailbox, now, and say whether it worked."""
    require(request, "connectors.change_inbox")
    found = get_object_or_404(list_inboxes(request.user), pk=pk)
    try:
        actions.try_mailbox(found, actor=request.user)
    except HelpdeskError as refusal:
        messages.error(request, reason_in_words(refusal.reason))
    else:
        messages.success(request, _("We got in and found the folder."))
    return redirect("connectors:mailbox" if found.kind == "mail" else "connectors:inbox", pk)


@login_required
@require_POST
def test_inbox(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send one mail through the door, now, and say what became of it."""
    require(request, "connectors.change_inbox")
    found = get_object_or_404(list_inboxes(request.user), pk=pk)
    try:
        answer = actions.send_test_mail(found, actor=request.user)
    except HelpdeskError as refusal:
        messages.error(request, reason_in_words(refusal.reason))
    else:
        messages.success(request, reason_in_words(answer))
    return redirect("connectors:inbox", pk)


@login_required
@require_POST
def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody looked: automatic mail may leave again."""
    require(request, "connectors.change_inbox")
    found = get_object_or_404(list_inboxes(request.user), pk=pk)
    actions.resume_inbox(found, actor=request.user)
    messages.success(request, _("Automatic mail leaves through this inbox again."))
    return redirect("connectors:inboxes")


@login_required
def brand(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request, "connectors.change_brand")
    found = get_object_or_404(list_brands(request.user), pk=pk)
    form = BrandForm(request.POST or None, request.FILES or None, instance=found)

    def change(**values: Any) -> Brand:
        return actions.change_brand(found, actor=request.user, **values)

    if carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("connectors:inboxes")
    return _show_brand(request, found, form, DkimForm(brand=found))


@login_required
def add_brand(request: HttpRequest) -> HttpResponse:
    require(request, "connectors.add_brand")
    form = BrandForm(request.POST or None, request.FILES or None)
    if made := carry_out(form, actions.add_brand, actor=request.user):
        messages.success(request, _("The brand is there. Make a key, so that its mail is signed."))
        return redirect("connectors:brand", made.pk)
    return private(
        render(request, "connectors/add_brand.html", {"form": form}, status=status_of(form))
    )


@login_required
@require_safe
def logo(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request, "connectors.change_brand")
    found = get_object_or_404(list_brands(request.user).exclude(logo=None), pk=pk)
    return private(HttpResponse(bytes(found.logo), content_type=found.logo_type))


@login_required
@require_POST
def dkim(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a new key; mails are signed with it from the next one on."""
    require(request, "connectors.change_brand")
    found = get_object_or_404(list_brands(request.user), pk=pk)
    form = DkimForm(request.POST, brand=found)
    if not form.is_valid():
        return _show_brand(request, found, BrandForm(instance=found), form)
    actions.make_dkim_key(found, actor=request.user, **form.cleaned_data)
    messages.success(request, _("The key is made. Publish its record now."))
    return redirect("connectors:brand", pk)


def _show_brand(
    request: HttpRequest, brand: Brand, form: BrandForm, dkim_form: DkimForm
) -> HttpResponse:
    context = (
        {"brand": brand, "form": form, "dkim_form": dkim_form} | _dns_of(brand) | _colours_of(brand)
    )
    status = 400 if form.errors or dkim_form.errors else 200
    return private(render(request, "connectors/brand.html", context, status=status))


def _colours_of(brand: Brand) -> dict[str, Any]:
    """How the colour comes out, and whether it had to be darkened for words to be read."""
    palette = palette_of(brand.accent)
    wanted = brand.accent or DEFAULT
    return {"shown_accent": palette.accent[0], "is_darkened": palette.accent[0] != wanted}


def _dns_of(brand: Brand) -> dict[str, Any]:
    try:
        return {"record": dns_record_of(brand)}
    except (ValueError, UnsupportedAlgorithm):
        return {"is_broken": True}
