"""How we get into the mailbox of an inbox: with a password, or with a provider's permission."""

import secrets
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from connectors import actions
from connectors.errors import OAuthProblem
from connectors.forms import HookForm, MailboxForm, OAuthForm, SendingForm
from connectors.mail import oauth
from connectors.mail.permission import oauth_client
from connectors.models import Inbox
from connectors.queries import has_mailbox
from connectors.templatetags.reasons import reason_in_words
from connectors.views.access import private, require

SESSION_KEY = "mailbox_permission"


def _find(request: HttpRequest, pk: UUID) -> Inbox:
    require(request, "connectors.change_inbox")
    return get_object_or_404(Inbox, pk=pk, kind=Inbox.Kind.MAIL)


@login_required
def mailbox(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Secrets are written here and never shown again."""
    inbox = _find(request, pk)
    form = MailboxForm(request.POST or None, initial=MailboxForm.shown_of(inbox.credentials))
    if request.method == "POST" and form.is_valid():
        actions.change_mailbox(inbox, actor=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("connectors:mailbox", pk)
    return _page(request, inbox, form=form, status=400 if form.errors else 200)


@login_required
@require_POST
def sending(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the server through which this inbox sends."""
    inbox = _find(request, pk)
    form = SendingForm(request.POST)
    if not form.is_valid():
        return _page(request, inbox, sending_form=form, status=400)
    actions.change_sending_server(inbox, actor=request.user, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect("connectors:mailbox", pk)


@login_required
@require_POST
def hook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the secret with which a hosted mail sender shows who it is."""
    inbox = _find(request, pk)
    form = HookForm(request.POST)
    if not form.is_valid():
        return _page(request, inbox, hook_form=form, status=400)
    actions.change_hook(inbox, actor=request.user, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect("connectors:mailbox", pk)


@login_required
@require_POST
def oauth_start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep our registration with the provider and show the way to it.

    A link, since the security policy of our pages lets no form lead elsewhere.
    """
    inbox = _find(request, pk)
    form = OAuthForm(request.POST)
    if not form.is_valid():
        return _page(request, inbox, oauth_form=form, status=400)
    actions.name_oauth_client(inbox, actor=request.user, **form.cleaned_data)
    state, verifier = secrets.token_urlsafe(32), oauth.make_verifier()
    request.session[SESSION_KEY] = {"state": state, "verifier": verifier, "inbox": str(pk)}
    client = oauth_client(inbox)
    url = oauth.authorize_url(
        client,
        redirect_uri=_redirect_uri(pk),
        state=state,
        verifier=verifier,
        user=form.cleaned_data["user"],
    )
    context = {"inbox": inbox, "provider": client.about.name, "url": url}
    return private(render(request, "connectors/oauth.html", context))


@login_required
@require_safe
def oauth_callback(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The provider sends the admin back here, with a code or with a reason."""
    inbox = _find(request, pk)
    # Once only: a second call with the same state finds nothing.
    begun: dict[str, str] = request.session.pop(SESSION_KEY, {})
    state = request.GET.get("state", "")
    if begun.get("inbox") != str(pk) or not constant_time_compare(begun.get("state", ""), state):
        messages.error(request, _("This sign-in was not begun here. Begin it again."))
    elif not request.GET.get("code"):
        messages.error(request, _("The provider gave no permission."))
    else:
        _accept(request, inbox, begun["verifier"])
    return redirect("connectors:mailbox", pk)


def _accept(request: HttpRequest, inbox: Inbox, verifier: str) -> None:
    try:
        tokens = oauth.exchange_code(
            oauth_client(inbox),
            code=request.GET["code"],
            verifier=verifier,
            redirect_uri=_redirect_uri(inbox.pk),
        )
        actions.accept_permission(inbox, actor=request.user, tokens=tokens)
    except OAuthProblem as problem:
        messages.error(request, reason_in_words(problem.reason))
    else:
        messages.success(request, _("The mailbox is connected."))


def _redirect_uri(pk: UUID) -> str:
    return settings.PUBLIC_URL + reverse("connectors:oauth_callback", args=[pk])


def _page(
    request: HttpRequest,
    inbox: Inbox,
    *,
    form: MailboxForm | None = None,
    sending_form: SendingForm | None = None,
    oauth_form: OAuthForm | None = None,
    hook_form: HookForm | None = None,
    status: int = 200,
) -> HttpResponse:
    kept: dict[str, Any] = inbox.credentials
    permission = kept.get("oauth") or {}
    hook_url = settings.PUBLIC_URL + reverse("connectors:hook", args=[inbox.pk, "PROVIDER"])
    context = {
        "inbox": inbox,
        "form": form or MailboxForm(initial=MailboxForm.shown_of(kept)),
        "has_mailbox": has_mailbox(inbox),
        "sending_form": sending_form or SendingForm(initial=actions.sending_server_of(inbox)),
        "oauth_form": oauth_form or OAuthForm(initial=OAuthForm.shown_of(permission)),
        "hook_form": hook_form or HookForm(),
        "is_connected": bool(permission.get("refresh_token")),
        "redirect_uri": _redirect_uri(inbox.pk),
        "hook_url": hook_url,
        "hooks": sorted(kept.get("hooks") or {}),
    }
    return private(render(request, "connectors/mailbox.html", context, status=status))
