"""Making surveys: settings hold at once, words from their publication on."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid
from core.events import record
from surveys.errors import NothingLive
from surveys.models import Survey, SurveyPolicy, SurveyVersion
from surveys.models.definitions import Metric
from surveys.questions import check_questions

RIGHT = "surveys.set_up_survey"
_PLAIN = ("name", "delay_minutes", "share", "remind_days", "expires_days", "types", "position")


@transaction.atomic
def save_survey(survey: Survey | None, *, actor: User, **values: Any) -> Survey:
    """Its settings; ``inboxes``, ``teams`` and ``tiers`` are the conditions."""
    is_new = survey is None
    survey = survey or Survey()
    for name in _PLAIN:
        if name in values:
            setattr(survey, name, values[name])
    try:
        with transaction.atomic():
            survey.save()
    except IntegrityError:
        raise Invalid(_("There is a survey of this name already."), field="name") from None
    for name in ("inboxes", "teams", "tiers"):
        if name in values:
            getattr(survey, name).set(values[name])
    record("survey.added" if is_new else "survey.set_up", subject=survey, actor=actor)
    return survey


@transaction.atomic
def save_draft(
    survey: Survey,
    *,
    metric: str,
    questions: Any,
    texts: dict[str, dict[str, str]],
    actor: User,
) -> SurveyVersion:
    if metric not in Metric.values:
        raise Invalid(_("Choose what it measures."), field="metric")
    try:
        checked = check_questions(questions)
    except ValueError as wrong:
        raise Invalid(str(wrong), field="questions") from None
    Survey.objects.select_for_update().get(pk=survey.pk)
    draft = survey.versions.filter(published_at=None).first()
    if draft is None:
        last = survey.versions.order_by("-number").values_list("number", flat=True).first() or 0
        draft = SurveyVersion(survey=survey, number=last + 1)
    draft.metric, draft.questions = metric, checked
    draft.texts = {
        name: {code: text.strip()[:500] for code, text in by_language.items() if text.strip()}
        for name, by_language in texts.items()
    }
    draft.save()
    record("survey.drafted", subject=survey, actor=actor, version=draft.number)
    return draft


@transaction.atomic
def publish(survey: Survey, *, actor: User) -> SurveyVersion:
    """From now on new invitations ask with it; what is on its way keeps its words."""
    survey = Survey.objects.select_for_update().get(pk=survey.pk)
    draft = survey.versions.filter(published_at=None).first()
    if draft is None:
        raise NothingLive(_("There is nothing new to publish."))
    draft.published_at, draft.published_by = now(), actor
    draft.save(update_fields=["published_at", "published_by"])
    survey.live = draft
    survey.save(update_fields=["live"])
    record("survey.published", subject=survey, actor=actor, version=draft.number)
    return draft


@transaction.atomic
def switch(survey: Survey, *, is_on: bool, actor: User) -> Survey:
    survey = Survey.objects.select_for_update().get(pk=survey.pk)
    if is_on and survey.live_id is None:
        raise NothingLive(_("Publish it before you switch it on."))
    if survey.is_on != is_on:
        survey.is_on = is_on
        survey.save(update_fields=["is_on"])
        record("survey.switched", subject=survey, actor=actor, is_on=is_on)
    return survey


@transaction.atomic
def save_policy(*, actor: User, **values: int) -> SurveyPolicy:
    rules, _new = SurveyPolicy.objects.select_for_update().get_or_create(only=True)
    for name, value in values.items():
        setattr(rules, name, value)
    rules.save()
    record("survey.policy_changed", subject=rules, actor=actor, values=values)
    return rules
