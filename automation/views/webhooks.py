"""Settings › Webhooks: who outside is told of events, how that goes, and sending once more."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automation.actions import webhooks as actions
from automation.actions.webhook_lines import Outcome
from automation.actions.webhook_news import RIGHT
from automation.models import Webhook, WebhookDelivery
from automation.queries.webhooks import list_webhooks, search_log
from automation.webhook_forms import ReplayForm, WebhookForm
from core.errors import Invalid
from core.fields import warm_keys
from core.pages import carry_out, sets_up, status_of

_READS_AND_SAVES = require_http_methods(["GET", "HEAD", "POST"])
_PAGE = 50
_State = WebhookDelivery.State


@require_safe
@sets_up(RIGHT)
def webhooks(request: HttpRequest) -> HttpResponse:
    rows = list(list_webhooks(request.user))
    warm_keys(rows)
    return render(request, "automation/webhooks.html", {"webhooks": rows})


@_READS_AND_SAVES
@sets_up(RIGHT)
def new(request: HttpRequest) -> HttpResponse:
    form = WebhookForm(request.POST or None, user=request.user)

    def save(**values: Any) -> Webhook:
        return actions.save_webhook(None, actor=request.user, **values)

    if made := carry_out(form, save):
        return _show(request, made.pk, secret=made.secret)
    return render(request, "automation/webhook.html", {"form": form}, status=status_of(form))


@_READS_AND_SAVES
@sets_up(RIGHT)
def webhook(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find(request, pk)
    form = WebhookForm(request.POST or None, user=request.user, webhook=found)

    def save(**values: Any) -> Webhook:
        return actions.save_webhook(found, actor=request.user, **values)

    if carry_out(form, save):
        messages.success(request, _("Saved."))
        return redirect("automation:webhook", pk)
    return _show(request, pk, form=form, status=status_of(form))


def _find(request: HttpRequest, pk: UUID) -> Webhook:
    return get_object_or_404(list_webhooks(request.user), pk=pk)


def _show(
    request: HttpRequest,
    pk: UUID,
    *,
    form: WebhookForm | None = None,
    secret: str = "",
    tried: Outcome | None = None,
    status: int = 200,
) -> HttpResponse:
    """``secret``: told this once."""
    found = _find(request, pk)
    context = {
        "webhook": found,
        "form": form or WebhookForm(user=request.user, webhook=found),
        "secret": secret,
        "tried": tried,
        "tab": "settings",
    }
    return render(request, "automation/webhook.html", context, status=status)


@require_POST
@sets_up(RIGHT)
def renew_secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    secret = actions.renew_secret(_find(request, pk), actor=request.user)
    return _show(request, pk, secret=secret)


@require_POST
@sets_up(RIGHT)
def end_old_secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.end_old_secret(_find(request, pk), actor=request.user)
    messages.success(request, _("The secret before signs nothing more."))
    return redirect("automation:webhook", pk)


@require_POST
@sets_up(RIGHT)
def switch(request: HttpRequest, pk: UUID) -> HttpResponse:
    is_on = request.POST.get("on") == "yes"
    try:
        actions.switch_webhook(_find(request, pk), is_on=is_on, actor=request.user)
        messages.success(request, _("Switched on.") if is_on else _("Switched off."))
    except Invalid as refusal:
        messages.error(request, refusal.reason)
    return redirect("automation:webhook", pk)


@require_POST
@sets_up(RIGHT)
def try_out(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Waits for the other side, at most ten seconds."""
    tried = actions.try_webhook(_find(request, pk), actor=request.user)
    return _show(request, pk, tried=tried)


@require_POST
@sets_up(RIGHT)
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.retry_now(_find(request, pk), actor=request.user)
    messages.success(request, _("It is tried now."))
    return redirect("automation:webhook", pk)


@require_POST
@sets_up(RIGHT)
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.remove_webhook(_find(request, pk), actor=request.user)
    messages.success(request, _("The webhook is gone."))
    return redirect("automation:webhooks")


# The log


@require_safe
@sets_up(RIGHT)
def deliveries(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _show_log(request, _find(request, pk), ReplayForm())


def _show_log(request: HttpRequest, found: Webhook, form: ReplayForm) -> HttpResponse:
    given = request.GET.get("state", "")
    state = given if given in _State.values else ""
    log = search_log(found, state=state)
    tabs = [
        ("", _("All"), 0),
        (_State.WAITING, _("Waiting"), found.waiting),
        (_State.DELIVERED, _("Delivered"), 0),
        (_State.DEAD, _("Given up"), found.dead),
    ]
    context = {
        "webhook": found,
        "page": Paginator(log, _PAGE).get_page(request.GET.get("page")),
        "state": state,
        "tabs": tabs,
        "form": form,
        "tab": "deliveries",
    }
    status = status_of(form)
    return render(request, "automation/webhook_deliveries.html", context, status=status)


@require_safe
@sets_up(RIGHT)
def delivery(request: HttpRequest, pk: UUID) -> HttpResponse:
    rows = WebhookDelivery.objects.filter(webhook__in=list_webhooks(request.user).values("pk"))
    one = get_object_or_404(rows.select_related("event", "webhook"), pk=pk)
    tries = list(one.tries.all())
    warm_keys(tries)
    context = {"webhook": one.webhook, "delivery": one, "tries": tries}
    return render(request, "automation/webhook_delivery.html", context)


@require_POST
@sets_up(RIGHT)
def replay(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All that were given up, or the one that is named. A waiting one waits on."""
    found = _find(request, pk)
    only = request.POST.get("only", "")
    rows = search_log(found, state=_State.DEAD)
    if only:
        rows = found.deliveries.filter(pk=_read_id(only))
    count = actions.replay(found, rows, actor=request.user)
    _say_count(request, count)
    return redirect("automation:webhook_deliveries", pk)


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_POST
@sets_up(RIGHT)
def replay_since(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find(request, pk)
    form = ReplayForm(request.POST)
    counted: list[int] = []

    def act(since: Any) -> None:
        counted.append(actions.replay_since(found, since, actor=request.user))

    if carry_out(form, act):
        _say_count(request, counted[0])
        return redirect("automation:webhook_deliveries", pk)
    return _show_log(request, found, form)


def _say_count(request: HttpRequest, count: int) -> None:
    words = ngettext("%(n)d event is sent once more.", "%(n)d events are sent once more.", count)
    messages.success(request, words % {"n": count})
