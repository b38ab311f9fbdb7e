"""How the parts of a customer are named and drawn."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from django import template
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from core.clock import now
from core.templatetags.moments import city_of
from customers.forms import CHANNELS
from customers.queries import Consent

register = template.Library()

_IDENTITY_ICONS = {"email": "mail", "phone": "phone"}
_CONSENT_CHANNELS = dict(CHANNELS) | {
    "mail": gettext_lazy("Written by e-mail"),
    "portal": gettext_lazy("Chosen in the portal"),
    "api": gettext_lazy("Told by API"),
}
# What `set_up` names so, for the catalogues alone: pgettext() looks these names up.
SHIPPED_NAMES = (
    pgettext_lazy("tier", "VIP"),
    pgettext_lazy("tier", "Standard"),
    pgettext_lazy("tier", "New"),
    pgettext_lazy("purpose", "Answering requests"),
    pgettext_lazy("purpose", "Offers and news"),
    pgettext_lazy("purpose", "Asking how we did"),
    pgettext_lazy("purpose", "Improving automatic answers"),
)


@register.filter
def language_name_or_code(code: str) -> str:
    """The language in the reader's own words."""
    try:
        reader = translation.to_locale(translation.get_language() or "en")
        return Locale.parse(translation.to_locale(code)).get_display_name(reader) or code
    except (UnknownLocaleError, ValueError):
        return code


@register.filter
def time_in_zone(zone: str) -> str:
    """What the clock shows where the customer lives, with the place."""
    try:
        local = now().astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return zone
    return f"{local:%H:%M}, {city_of(zone, translation.get_language() or 'en')}"


@register.filter
def identity_glyph(kind: str) -> str:
    return _IDENTITY_ICONS.get(kind, "at-sign")


@register.filter
def purpose_name(name: str) -> str:
    """As admins named it; the names we ship are translated."""
    return pgettext("purpose", name)


@register.filter
def channel_of_consent(code: str) -> str:
    return str(_CONSENT_CHANNELS.get(code, code))


@register.simple_tag
def allowed_count(consents: Sequence[Consent]) -> str:
    allowed = sum(consent.is_allowed for consent in consents)
    return _("%(n)d of %(all)d allowed") % {"n": allowed, "all": len(consents)}
