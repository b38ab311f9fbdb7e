"""The first set-up, step by step; each is kept at once, can be passed over and come back to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import actions as accounts
from accounts.forms import WorkspaceForm
from accounts.models import Team, User
from accounts.queries import find_role, workspace
from connectors import actions as connectors
from connectors.models import Brand, Inbox
from connectors.templatetags.reasons import reason_in_words
from core.errors import HelpdeskError, NotAllowed
from core.pages import carry_out, sets_up, status_of
from customers.models import Tier
from tickets.settings_forms import (
    FirstAgentsForm,
    FirstBrandForm,
    FirstMailboxForm,
    FirstTeamForm,
)

_RIGHT = "accounts.change_workspace"


@dataclass(frozen=True, slots=True)
class Step:
    """``right`` is asked besides the one of the set-up: a step is a door to a page of its own."""

    code: str
    name: str | Promise
    view: Callable[[HttpRequest], HttpResponse]
    right: str = _RIGHT


@require_safe
@sets_up(_RIGHT)
def start(request: HttpRequest) -> HttpResponse:
    """To the first step that is open."""
    done = workspace().steps_done
    left = [step.code for step in STEPS if step.code not in done]
    return redirect("tickets:set_up_step", left[0]) if left else redirect("tickets:set_up_end")


@sets_up(_RIGHT)
def step(request: HttpRequest, step: str) -> HttpResponse:
    if step not in _BY_CODE:
        raise Http404
    if request.method == "POST" and request.POST.get("do") == "skip":
        return _go_on(request, step)
    if not request.user.may(_BY_CODE[step].right):
        raise NotAllowed(_("Your role does not allow this."))
    return _BY_CODE[step].view(request)


@require_POST
@sets_up(_RIGHT)
def leave(request: HttpRequest) -> HttpResponse:
    """Pass over all that is left; everything can be set in the settings."""
    accounts.finish_set_up(actor=request.user)
    return redirect("tickets:set_up_end")


@require_safe
@sets_up(_RIGHT)
def end(request: HttpRequest) -> HttpResponse:
    """What there is now, and what to do next."""
    context = {
        "inbox": Inbox.objects.filter(is_active=True).order_by("pk").first(),
        "team": Team.objects.order_by("pk").first(),
        "people": User.objects.filter(is_active=True).count(),
        "is_set_up": workspace().set_up_at is not None,
    }
    return render(request, "set_up/end.html", context)


def _go_on(request: HttpRequest, code: str) -> HttpResponse:
    row = accounts.finish_step(code, actor=request.user)
    if all(step.code in row.steps_done for step in STEPS):
        accounts.finish_set_up(actor=request.user)
    after = [step.code for step in STEPS][_index(code) + 1 :]
    left = next((name for name in after if name not in row.steps_done), None)
    return redirect("tickets:set_up_step", left) if left else redirect("tickets:set_up")


def _index(code: str) -> int:
    return [step.code for step in STEPS].index(code)


def _show(request: HttpRequest, code: str, form: Any = None, **context: Any) -> HttpResponse:
    done = workspace().steps_done
    context |= {
        "step": _BY_CODE[code],
        "form": form,
        "steps": [(each, each.code in done) for each in STEPS],
        "number": _index(code) + 1,
    }
    status = status_of(form) if form else 200
    return render(request, f"set_up/{code}.html", context, status=status)


# The steps


def _house(request: HttpRequest) -> HttpResponse:
    form = WorkspaceForm(request.POST or None, workspace=workspace())
    if carry_out(form, accounts.change_workspace, actor=request.user):
        return _go_on(request, "house")
    return _show(request, "house", form)


def _brand(request: HttpRequest) -> HttpResponse:
    brand = Brand.objects.order_by("pk").first()
    initial = {"name": workspace().name, "accent": "#2c5f4a"}
    if brand:
        initial = {"name": brand.name, "accent": brand.accent or "#2c5f4a"}
    form = FirstBrandForm(request.POST or None, initial=initial)

    def keep(*, name: str, accent: str) -> Brand:
        with transaction.atomic():
            kept = brand or connectors.add_brand(name, actor=request.user)
            return connectors.change_brand(kept, actor=request.user, name=name, accent=accent)

    if carry_out(form, keep):
        return _go_on(request, "brand")
    return _show(request, "brand", form)


def _mailbox(request: HttpRequest) -> HttpResponse:
    inbox = Inbox.objects.filter(kind=Inbox.Kind.MAIL).order_by("pk").first()
    form = FirstMailboxForm(request.POST or None, initial=_mailbox_initial(inbox))
    results: list[tuple[str, bool, str]] = []
    if kept := carry_out(form, lambda **values: _keep_mailbox(request, inbox, values)):
        results = _try(request, kept)
        if all(ok for _what, ok, _words in results):
            messages.success(request, _("The mailbox works."))
            return _go_on(request, "mailbox")
    return _show(request, "mailbox", form, results=results, inbox=kept or inbox)


def _mailbox_initial(inbox: Inbox | None) -> dict[str, Any]:
    if inbox is None:
        return {"name": _("Customer support")}
    kept: dict[str, Any] = inbox.credentials.get("imap") or {}
    shown = {key: kept[key] for key in ("host", "port", "ssl", "user") if key in kept}
    shown |= connectors.sending_server_of(inbox)
    return shown | {"address": inbox.address, "name": inbox.name}


def _keep_mailbox(request: HttpRequest, inbox: Inbox | None, values: dict[str, Any]) -> Inbox:
    """Kept before it is tried, so that nothing has to be typed again."""
    actor, name, address = request.user, values["name"], values["address"].lower()
    with transaction.atomic():
        brand = Brand.objects.order_by("pk").first()
        brand = brand or connectors.add_brand(workspace().name or name, actor=actor)
        if inbox is None:
            team = Team.objects.order_by("pk").first()
            inbox = connectors.add_inbox(
                brand=brand,
                kind=Inbox.Kind.MAIL,
                name=name,
                address=address,
                team=team,
                actor=actor,
            )
        else:
            inbox = connectors.change_inbox(inbox, actor=actor, name=name, address=address)
        settings = {key: values[key] for key in ("host", "port", "ssl", "user")}
        connectors.change_mailbox(
            inbox, actor=actor, password=values["password"], folder="INBOX", **settings
        )
        connectors.change_sending_server(
            inbox,
            actor=actor,
            host=values["smtp_host"],
            port=values["smtp_port"] or 587,
            user=values["user"],
            password=values["password"],
        )
    return inbox


def _try(request: HttpRequest, inbox: Inbox) -> list[tuple[str, bool, str]]:
    """What was tried, whether it worked, and in words what came of it."""
    results = []
    try:
        connectors.try_mailbox(inbox, actor=request.user)
        results.append((_("Reading mail"), True, _("We got in and found the folder.")))
    except HelpdeskError as refusal:
        results.append((_("Reading mail"), False, reason_in_words(refusal.reason)))
    try:
        words = connectors.send_test_mail(inbox, actor=request.user)
        results.append((_("Sending mail"), True, reason_in_words(words)))
    except HelpdeskError as refusal:
        results.append((_("Sending mail"), False, reason_in_words(refusal.reason)))
    return results


def _team(request: HttpRequest) -> HttpResponse:
    team = Team.objects.order_by("pk").first()
    initial = {"name": team.name if team else _("Customer support")}
    form = FirstTeamForm(request.POST or None, initial=initial)

    def keep(*, name: str) -> Team:
        with transaction.atomic():
            if team:
                fields = {"signature": team.signature, "calendar": team.calendar}
                return accounts.change_team(team, name=name, actor=request.user, **fields)
            made = accounts.add_team(name, actor=request.user)
            me: Any = request.user
            accounts.set_members(made, [me], actor=me)
            for inbox in Inbox.objects.filter(team=None):
                connectors.change_inbox(inbox, actor=request.user, team=made)
        return made

    if carry_out(form, keep):
        return _go_on(request, "team")
    return _show(request, "team", form)


def _people(request: HttpRequest) -> HttpResponse:
    form = FirstAgentsForm(request.POST or None)

    def invite(*, people: list[tuple[str, str]]) -> int:
        role, team = find_role("agent"), Team.objects.order_by("pk").first()
        with transaction.atomic():
            for address, name in people:
                accounts.invite_user(
                    address,
                    name=name,
                    role=role,
                    teams=[team] if team else [],
                    actor=request.user,
                    language=workspace().language,
                )
        return len(people)

    if request.method == "POST" and (sent := carry_out(form, _naming("people", invite))):
        if sent is not True:
            messages.success(request, _("The invitations are on their way."))
        return _go_on(request, "people")
    return _show(request, "people", form, colleagues=User.objects.order_by("name"))


def _naming(field: str, act: Callable[..., Any]) -> Callable[..., Any]:
    """A refusal that names a field of another form is said at this one."""

    def acting(**values: Any) -> Any:
        try:
            return act(**values)
        except HelpdeskError as refusal:
            refusal.extra["field"] = field
            raise

    return acting


def _tiers(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _go_on(request, "tiers")
    return _show(request, "tiers", tiers=Tier.objects.select_related("team"))


STEPS = (
    Step("house", gettext_lazy("Your house"), _house),
    Step("brand", gettext_lazy("Brand"), _brand, "connectors.change_brand"),
    Step("mailbox", gettext_lazy("Mailbox"), _mailbox, "connectors.change_inbox"),
    Step("team", gettext_lazy("Team"), _team, "accounts.change_team"),
    Step("people", gettext_lazy("Colleagues"), _people),
    Step("tiers", gettext_lazy("Tiers"), _tiers),
)
_BY_CODE = {step.code: step for step in STEPS}
