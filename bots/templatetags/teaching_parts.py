"""Numbers and languages as those who teach bots read them."""

from typing import Any

from babel import Locale, UnknownLocaleError
from django import template
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.models import UnderstandingModel

register = template.Library()

_KINDS = {
    "order_number": gettext_lazy("Order number"),
    "date": gettext_lazy("Date"),
    "amount": gettext_lazy("Amount"),
    "phone": gettext_lazy("Phone"),
    "email": gettext_lazy("E-mail"),
}
_States = UnderstandingModel.State
_TONES = {_States.READY: "", _States.FAILED: "bad", _States.ASKED: "warn", _States.TRAINING: "warn"}
_LOW, _HIGH = -0.25, 0.25


@register.filter
def language_name(code: str) -> str:
    """In the reader's language; the house's own languages in themselves."""
    if not code:
        return _("Language unknown")
    own = dict(settings.LANGUAGES).get(code)
    if own:
        return own
    try:
        locale = Locale.parse(translation.to_locale(code))
    except (UnknownLocaleError, ValueError):
        return code
    return str(locale.get_display_name(translation.to_locale(translation.get_language() or "en")))


@register.filter
def percent(share: Any) -> str:
    return "—" if share is None else f"{100 * float(share):.0f} %"


@register.filter
def kind_name(slug: str, own: dict[str, str]) -> str:
    """As the house calls it, else as we do."""
    return own.get(slug) or str(_KINDS.get(slug, slug))


@register.filter
def mood_word(mood: float) -> str:
    if mood <= _LOW:
        return _("unhappy")
    return _("happy") if mood >= _HIGH else _("even")


@register.filter
def is_worth_a_look(share: float) -> bool:
    return share < 0.8


@register.filter
def model_tone(model: UnderstandingModel) -> str:
    return "ok" if model.is_live else _TONES[_States(model.state)]


@register.filter
def model_state(model: UnderstandingModel) -> str:
    return _("In use") if model.is_live else str(model.get_state_display())


@register.filter
def accuracy(model: UnderstandingModel) -> Any:
    return model.report.get("ways", {}).get("all", {}).get("accuracy")
