"""Mails about what got worse after a release."""

from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from bots.models import ReleaseWatch
from bots.queries.releases import LEAD, SET_UP
from bots.words_of_releases import alarm_words

# Nothing answers it, and it answers nothing.
_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def tell_of_rise(watch: ReleaseWatch) -> int:
    """Those who set bots up and those who lead quality; says how many were told."""
    people = User.objects.filter(kind=User.Kind.PERSON, is_active=True, notify_by_mail=True)
    told = [user for user in people.order_by("pk") if user.may(SET_UP) or user.may(LEAD)]
    for user in told:
        with translation.override(user.language or settings.LANGUAGE_CODE):
            _mail(user, watch)
    return len(told)


def _mail(user: User, watch: ReleaseWatch) -> None:
    page = "bots:bot" if user.may(SET_UP) else "quality:home"
    link = reverse(page, args=[watch.bot_id] if page == "bots:bot" else [])
    lines = [
        alarm_words(watch),
        _("By chance alone this would be so less than once in a hundred releases."),
        *(
            [_("The bot was paused by itself. New conversations go to people.")]
            if watch.has_paused
            else []
        ),
        urljoin(settings.PUBLIC_URL, link),
    ]
    subject = _("More goes wrong since a release of %(bot)s") % {"bot": watch.bot.name}
    text = "\n\n".join(lines) + "\n"
    EmailMessage(subject, text, to=[user.email], headers=_HEADERS).send()
