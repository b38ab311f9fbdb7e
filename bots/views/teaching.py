"""Settings › Bots › Understanding: intents, kinds of entities, versions."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bots.actions import teaching, training
from bots.actions.evaluation_runs import OVERRIDE
from bots.actions.teaching import TEACH, Lesson
from bots.errors import GateClosed
from bots.models import EntityType, GateOverride, Intent, IntentExample, UnderstandingModel
from bots.queries.gate import standings_of_model
from bots.queries.teaching import list_examples, list_intents, list_versions
from bots.queries.understanding import (
    installed_encoders,
    live_model,
    running_training,
    understand,
)
from bots.views.runs import play_missing_of
from bots.views.teaching_forms import (
    IntentForm,
    KindForm,
    NewIntentForm,
    NewKindForm,
    TeachForm,
    TryForm,
)
from core.pages import carry_out, sets_up, status_of

_FORMS = ["GET", "HEAD", "POST"]


@require_safe
@sets_up(TEACH)
def intents(request: HttpRequest) -> HttpResponse:
    live = live_model()
    context = {
        "rows": list_intents(live),
        "live": live,
        "running": running_training(),
        "form": TryForm(),
        "is_old": _is_old(live),
    }
    return render(request, "bots/intents.html", context)


def _is_old(live: UnderstandingModel | None) -> bool:
    """Something was taught since, or nothing was learned yet."""
    examples = IntentExample.objects.filter(is_reviewed=True)
    if live:
        examples = examples.filter(created_at__gt=live.asked_at)
    return examples.exists()


@require_POST
@sets_up(TEACH)
def try_sentence(request: HttpRequest) -> HttpResponse:
    """Nothing of it is kept."""
    form = TryForm(request.POST)
    found, names = None, {}
    if form.is_valid():
        found = understand(form.cleaned_data["sentence"])
        slugs = [slug for slug, _chance in found.candidates]
        names = {one.slug: str(one) for one in Intent.objects.filter(slug__in=slugs)}
    candidates = [
        (slug, names.get(slug, slug), round(100 * chance))
        for slug, chance in (found.candidates if found else ())
    ]
    kinds = {one.slug: str(one) for one in EntityType.objects.all()}
    context = {"form": form, "found": found, "candidates": candidates, "kinds": kinds}
    return render(request, "bots/_tried.html", context, status=status_of(form))


@sets_up(TEACH)
@require_http_methods(_FORMS)
def new_intent(request: HttpRequest) -> HttpResponse:
    form = NewIntentForm(request.POST or None)
    made = carry_out(form, teaching.add_intent, actor=request.user)
    if made:
        return redirect("bots:intent", made.pk)
    return render(request, "bots/intent_new.html", {"form": form}, status=status_of(form))


@sets_up(TEACH)
@require_http_methods(_FORMS)
def intent(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Intent, pk=pk)
    form = IntentForm(request.POST or None, intent=found)

    def change(**values: Any) -> Intent:
        return teaching.change_intent(found, actor=request.user, **values)

    if carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("bots:intent", pk)
    return _show_intent(request, found, form=form)


@require_POST
@sets_up(TEACH)
def teach(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Intent, pk=pk)
    form = TeachForm(request.POST)

    def learn(**values: Any) -> Lesson:
        return teaching.teach(found, actor=request.user, **values)

    lesson = carry_out(form, learn)
    if not lesson:
        return _show_intent(request, found, teach=form)
    if not lesson.elsewhere and not lesson.too_long:
        messages.success(request, _say_added(lesson))
        return redirect("bots:intent", pk)
    return _show_intent(request, found, lesson=lesson, said=_say_added(lesson))


def _say_added(lesson: Lesson) -> str:
    count = len(lesson.added)
    said = ngettext("One sentence was added.", "%(n)d sentences were added.", count) % {"n": count}
    if lesson.known:
        more = ngettext("One was there already.", "%(n)d were there already.", lesson.known)
        said += " " + more % {"n": lesson.known}
    return said


def _show_intent(
    request: HttpRequest,
    found: Intent,
    *,
    form: IntentForm | None = None,
    teach: TeachForm | None = None,
    lesson: Lesson | None = None,
    said: str = "",
) -> HttpResponse:
    context = {
        "intent": found,
        "form": form or IntentForm(intent=found),
        "teach": teach or TeachForm(),
        "lesson": lesson,
        "said": said,
        "opens": form is not None and form.is_bound,
        **list_examples(found),
    }
    status = status_of(*(one for one in (form, teach) if one))
    return render(request, "bots/intent.html", context, status=status)


@require_POST
@sets_up(TEACH)
def example(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a sentence out, or learn from it from now on."""
    found = get_object_or_404(IntentExample.objects.select_related("intent", "customer"), pk=pk)
    if request.POST.get("do") == "accept":
        teaching.review_example(found, actor=request.user)
    else:
        teaching.forget_example(found, actor=request.user)
    return redirect("bots:intent", found.intent_id)


@require_POST
@sets_up(TEACH)
def remove_intent(request: HttpRequest, pk: UUID) -> HttpResponse:
    teaching.remove_intent(get_object_or_404(Intent, pk=pk), actor=request.user)
    messages.success(request, _("The intent is gone. Bots forget it with the next training."))
    return redirect("bots:intents")


# Kinds of entities


@require_safe
@sets_up(TEACH)
def kinds(request: HttpRequest) -> HttpResponse:
    return render(request, "bots/kinds.html", {"kinds": EntityType.objects.all()})


@sets_up(TEACH)
@require_http_methods(_FORMS)
def new_kind(request: HttpRequest) -> HttpResponse:
    form = NewKindForm(request.POST or None)
    if carry_out(form, teaching.add_entity_type, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("bots:kinds")
    return render(request, "bots/kind.html", {"form": form}, status=status_of(form))


@sets_up(TEACH)
@require_http_methods(_FORMS)
def kind(request: HttpRequest, pk: UUID) -> HttpResponse:
    held = get_object_or_404(EntityType, pk=pk)
    form = KindForm(request.POST or None, held=held)

    def change(**values: Any) -> EntityType:
        return teaching.change_entity_type(held, actor=request.user, **values)

    if carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("bots:kinds")
    return render(request, "bots/kind.html", {"form": form, "kind": held}, status=status_of(form))


@require_POST
@sets_up(TEACH)
def remove_kind(request: HttpRequest, pk: UUID) -> HttpResponse:
    teaching.remove_entity_type(get_object_or_404(EntityType, pk=pk), actor=request.user)
    messages.success(request, _("The kind is gone."))
    return redirect("bots:kinds")


# Versions


@require_safe
@sets_up(TEACH)
def versions(request: HttpRequest) -> HttpResponse:
    context = {"versions": list_versions(), "encoders": installed_encoders()}
    return render(request, "bots/versions.html", context)


@require_safe
@sets_up(TEACH)
def version(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _show_version(request, pk)


def _show_version(request: HttpRequest, pk: UUID, *, refused: str = "") -> HttpResponse:
    models = UnderstandingModel.objects.defer("artefact").select_related("asked_by")
    found = get_object_or_404(models, pk=pk)
    named = {one.slug: one for one in Intent.objects.all()}
    ways = [
        (name, way, [(named.get(slug), slug, row) for slug, row in sorted(way["intents"].items())])
        for name, way in found.report.get("ways", {}).items()
    ]
    is_usable = found.state == found.State.READY and found.encoders == installed_encoders()
    may_come = is_usable and not found.is_live
    context = {
        "version": found,
        "ways": ways,
        "encoders": installed_encoders(),
        "gate": standings_of_model(found.number) if may_come else [],
        "may_come": may_come,
        "overrides": GateOverride.objects.filter(model=found.number).select_related("by")[:5],
        "may_override": request.user.may(OVERRIDE),
        "refused": refused,
    }
    return render(request, "bots/version.html", context, status=409 if refused else 200)


@require_POST
@sets_up(TEACH)
def use_version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was not played against it yet is, and it is not used meanwhile."""
    found = get_object_or_404(UnderstandingModel.objects.defer("artefact"), pk=pk)
    because = request.POST.get("because", "")[:1000]
    try:
        training.go_live(found, actor=request.user, because=because)
    except GateClosed as refusal:
        play_missing_of(found)
        return _show_version(request, pk, refused=refusal.reason)
    messages.success(request, _("Bots use version %(n)d now.") % {"n": found.number})
    return redirect("bots:versions")


@require_POST
@sets_up(TEACH)
def train(request: HttpRequest) -> HttpResponse:
    training.ask_training(actor=request.user)
    messages.success(request, _("The training begins. It takes a few seconds."))
    return redirect("bots:versions")
