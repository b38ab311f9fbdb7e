"""The page behind the link of a mail. Opening it writes nothing, however often and by whomever."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core import limits
from core.errors import HelpdeskError, Invalid
from surveys.actions.answering import give_answer, is_open
from surveys.errors import NoSuchLink, SurveyOver
from surveys.models import Answer, Invitation
from surveys.models.definitions import SCALES
from surveys.queries.links import find_by_token, token_of
from surveys.queries.mails import ends_of, question_of
from surveys.questions import LIKERT, say

_KNOWN = {code for code, _name in settings.LANGUAGES}
# Whoever guesses is slowed down; who opens their own link is not.
_WRONG_PER_HOUR = 120


# Nothing that a browser keeps opens this page, so no other site can borrow it; and the browsers
# within mail programs keep no cookies.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str, score: int | None = None) -> HttpResponse:
    try:
        invitation = find_by_token(token)
    except NoSuchLink:
        response = _refuse_forged(request)
    else:
        with translation.override(_language_of(request, invitation)):
            response = _answer(request, invitation, score)
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _refuse_forged(request: HttpRequest) -> HttpResponse:
    who = request.META.get("REMOTE_ADDR", "")
    wait = limits.seconds_to_wait("survey-link", who, at_most=_WRONG_PER_HOUR, seconds=3600)
    status = 429 if wait else 404
    context = {
        "heading": _("This link does not work"),
        "words": _("It may be incomplete. Please open it from our mail once more."),
    }
    return render(request, "surveys/closed.html", context, status=status)


def _language_of(request: HttpRequest, invitation: Invitation) -> str:
    wanted = request.POST.get("language") or request.GET.get("language") or ""
    if wanted in _KNOWN:
        return wanted
    return invitation.language if invitation.language in _KNOWN else translation.get_language()


def _answer(request: HttpRequest, invitation: Invitation, score: int | None) -> HttpResponse:
    known = Answer.objects.filter(invitation=invitation).first()
    if not is_open(invitation, known):
        return _closed(request, invitation, is_answered=known is not None)
    if request.method != "POST":
        return _form(request, invitation, known, chosen=score)
    given = {name: str(value) for name, value in request.POST.items()}
    chosen = _number(given.get("score", ""))
    try:
        give_answer(invitation.pk, score=chosen, comment=given.get("comment", ""), given=given)
    except SurveyOver:
        return _closed(request, invitation, is_answered=True)
    except Invalid as refusal:
        return _form(request, invitation, known, chosen=chosen, refusal=refusal, given=given)
    return _thank(request, invitation)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else None


def _form(
    request: HttpRequest,
    invitation: Invitation,
    known: Answer | None,
    *,
    chosen: int | None = None,
    refusal: HelpdeskError | None = None,
    given: dict[str, str] | None = None,
) -> HttpResponse:
    low, high = SCALES[invitation.metric]
    language = translation.get_language() or "en"
    if chosen is None and known:
        chosen = known.score
    context = {
        "invitation": invitation,
        "question": question_of(invitation, language),
        "scores": range(low, high + 1),
        "chosen": chosen if chosen is not None and low <= chosen <= high else None,
        "ends": ends_of(invitation.metric),
        "questions": _questions(invitation, language, known, given or {}),
        "comment": (given or {}).get("comment", known.comment if known else ""),
        "refusal": refusal,
        "is_change": known is not None,
        "languages": settings.LANGUAGES,
    }
    return render(request, "surveys/answer.html", context, status=400 if refusal else 200)


def _questions(
    invitation: Invitation, language: str, known: Answer | None, given: dict[str, str]
) -> list[dict[str, Any]]:
    """As the page shows them, with what was answered before."""
    shown = []
    for one in invitation.version.questions if invitation.version else []:
        code = one["code"]
        before = known.parts.get(code) if known else None
        rows = [
            {
                "name": f"q_{code}_{row['code']}",
                "text": say(row["text"], language),
                "value": given.get(f"q_{code}_{row['code']}")
                or (before.get(row["code"]) if isinstance(before, dict) else None),
            }
            for row in one.get("rows", [])
        ]
        options = [
            {"code": option["code"], "text": say(option["text"], language)}
            for option in one.get("options", [])
        ]
        shown.append(
            {
                "name": f"q_{code}",
                "kind": one["kind"],
                "text": say(one["text"], language),
                "required": one.get("required", False),
                "rows": rows,
                "options": options,
                "value": given.get(f"q_{code}")
                or (known.words.get(code) if known else None)
                or before
                or "",
                "steps": range(LIKERT[0], LIKERT[1] + 1),
            }
        )
    return shown


def _thank(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    own = invitation.version.texts.get("thanks", {}) if invitation.version else {}
    context = {
        "invitation": invitation,
        "is_done": True,
        "again": reverse("surveys:answer", args=[token_of(invitation)]),
        "heading": _("Thank you"),
        "words": say(own, translation.get_language() or "en")
        or _("Your answer is saved. You can change it for a while by the same link."),
    }
    return render(request, "surveys/closed.html", context)


def _closed(request: HttpRequest, invitation: Invitation, *, is_answered: bool) -> HttpResponse:
    context = {
        "invitation": invitation,
        "heading": _("You have answered this") if is_answered else _("This survey is closed"),
        "words": _("Thank you. If something is still open, simply answer our mail."),
    }
    return render(request, "surveys/closed.html", context, status=410)
