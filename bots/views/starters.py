"""Settings of a bot: what those who are new are shown first."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bots import actions
from bots.models import Bot
from bots.tool_forms import StartersForm
from bots.views.bot import RIGHT, find_bot
from core.pages import carry_out, sets_up, status_of
from customers.models import Tier


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(RIGHT)
def starters(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = find_bot(pk)
    names = {"*": _("All languages"), **dict(settings.LANGUAGES)}
    given = request.POST if request.method == "POST" else None  # nothing chosen is a choice, too
    form = StartersForm(given, bot=found, names=names)

    def save(**_values: str) -> Bot:
        lists = {code: [UUID(one) for one in chosen] for code, chosen in form.lists.items()}
        return actions.set_starters(found, lists, actor=request.user)

    if carry_out(form, save):
        messages.success(request, _("Saved."))
        return redirect("bots:starters", found.pk)
    context = {
        "bot": found,
        "form": form,
        "groups": [(code, names.get(code, code), form.of(code)) for code in form.codes],
        "tiers": Tier.objects.filter(guided_onboarding=True),
    }
    return render(request, "bots/starters.html", context, status=status_of(form))
