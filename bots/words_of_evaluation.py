"""Evaluation in words, for people who work here."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.models import HandOff, Intent

WAY_WORDS = {
    "understanding": gettext_lazy("What was meant is understood"),
    "knowledge": gettext_lazy("Answers agree with the articles"),
    "flags": gettext_lazy("Answers nobody complained about"),
}
GATE_WORDS = {
    "": gettext_lazy("nothing against it"),
    "not_run": gettext_lazy("not played yet"),
    "running": gettext_lazy("being played"),
    "worse": gettext_lazy("worse than what is live"),
    "under_bar": gettext_lazy("under its bar"),
}
CHANGE_WORDS = {
    "newly_wrong": gettext_lazy("Newly wrong"),
    "newly_right": gettext_lazy("Newly right"),
    "still_wrong": gettext_lazy("Wrong as before"),
    "still_right": gettext_lazy("Right as before"),
}
VERDICT_WORDS = {
    "better": gettext_lazy("The candidate is better."),
    "worse": gettext_lazy("The candidate is worse."),
    "open": gettext_lazy("Not decided yet."),
}


def problem_words(code: str, wanted: str, got: str) -> str:
    """Why a test is not right; see ``bots.evaluation.scripts.judge``."""
    told = {"wanted": wanted, "got": got}
    match code:
        case "intent":
            intents = {one.slug: str(one) for one in Intent.objects.filter(slug__in=[wanted, got])}
            told = {key: intents.get(slug, slug) or _("nothing") for key, slug in told.items()}
            return _("Understood as %(got)s, not as %(wanted)s.") % told
        case "article":
            return _("Another article was cited, or none.")
        case "handoff":
            reasons = dict(HandOff.Reason.choices)
            words = [str(reasons.get(one, one)) for one in wanted.split("/")]
            told = {"wanted": " / ".join(words), "got": str(reasons.get(got, got))}
            if got:
                return _("Handed over because %(got)s, not because %(wanted)s.") % told
            return _("Not handed over; expected because %(wanted)s.") % told
        case "person":
            reason = str(dict(HandOff.Reason.choices).get(got, got))
            return _("Handed over: %(reason)s.") % {"reason": reason}
        case "unsolved":
            return _("Not settled when the customer had said everything.")
        case "turns":
            return _("It took %(got)s turns, %(wanted)s at most.") % told
        case "not_said":
            return _("Did not say “%(wanted)s”.") % told
        case "said":
            return _("Said what it must never say: “%(wanted)s”.") % told
        case "changed":
            told = {key: value or _("nothing") for key, value in told.items()}
            return _("Changed %(got)s, not %(wanted)s.") % told
    return code
