"""Settings of bots: who they are, their limits, the switch."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bots import actions
from bots.forms import AddBotForm, PersonaForm
from bots.models import Bot
from bots.queries.limits import load_table, read_mails, read_table
from bots.queries.releases import open_alarm
from connectors.models import Brand
from core.errors import HelpdeskError
from core.pages import carry_out, sets_up, status_of

RIGHT = "bots.set_up_bot"


def find_bot(pk: UUID) -> Bot:
    return get_object_or_404(Bot.objects.select_related("brand", "user"), pk=pk)


@require_safe
@sets_up(RIGHT)
def bots(request: HttpRequest) -> HttpResponse:
    found = Bot.objects.select_related("brand").prefetch_related("inboxes")
    without = Brand.objects.filter(bot=None).exists()
    return render(request, "bots/bots.html", {"bots": found, "may_add": without})


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(RIGHT)
def add(request: HttpRequest) -> HttpResponse:
    form = AddBotForm(request.POST or None)
    made = carry_out(form, actions.add_bot, actor=request.user, languages=["en"])
    if made:
        messages.success(request, _("The bot is there. It answers nowhere until it has inboxes."))
        return redirect("bots:bot", made.pk)
    return render(request, "bots/add.html", {"form": form}, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(RIGHT)
def bot(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = find_bot(pk)
    form = PersonaForm(request.POST or None, bot=found)

    def change(**values: Any) -> Bot:
        inboxes = list(values.pop("inboxes"))
        kept = {key: value for key, value in values.items() if not key.startswith("phrase_")}
        changed = actions.change_bot(found, actor=request.user, phrases=form.phrases, **kept)
        actions.set_inboxes(changed, inboxes, actor=request.user)
        return changed

    if carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("bots:bot", found.pk)
    context = {"bot": found, "form": form, "alarm": open_alarm(found)}
    return render(request, "bots/bot.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(RIGHT)
def limits(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What it may do for whom: one table for chats, one column for mails."""
    found = find_bot(pk)
    problem = ""
    if request.method == "POST":
        try:
            actions.set_limits(found, read_table(request.POST), actor=request.user)
            actions.change_bot(found, actor=request.user, mails=read_mails(request.POST))
        except HelpdeskError as refusal:
            problem = refusal.reason
        else:
            messages.success(request, _("Saved."))
            return redirect("bots:limits", found.pk)
    context = {"bot": found, "table": load_table(found), "problem": problem}
    return render(request, "bots/limits.html", context, status=400 if problem else 200)


@require_POST
@sets_up(RIGHT)
def pause(request: HttpRequest, pk: UUID) -> HttpResponse:
    is_paused = request.POST.get("paused") == "yes"
    actions.pause_bot(find_bot(pk), is_paused=is_paused, actor=request.user)
    messages.success(request, _("The bot is paused.") if is_paused else _("The bot answers again."))
    return redirect("bots:bot", pk)
