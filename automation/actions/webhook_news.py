"""Mails to those who look after webhooks."""

from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from automation.models import Webhook

RIGHT = "automation.change_webhook"


def tell_of_trouble(webhook: Webhook) -> int:
    """Each in their own language; says how many were told."""
    link = urljoin(settings.PUBLIC_URL, reverse("automation:webhook", args=[webhook.pk]))
    people = User.objects.filter(kind=User.Kind.PERSON, is_active=True, notify_by_mail=True)
    told = [user for user in people.order_by("pk") if user.may(RIGHT)]
    for user in told:
        with translation.override(user.language or settings.LANGUAGE_CODE):
            subject = _("The webhook %(name)s is out of order") % {"name": webhook.name}
            text = "\n\n".join([_words(webhook), link]) + "\n"
            send_mail(subject, text, from_email=None, recipient_list=[user.email])
    return len(told)


def _words(webhook: Webhook) -> str:
    names = {"name": webhook.name}
    match webhook.state:
        case Webhook.State.GONE:
            return _("The receiver of %(name)s wants no more (410). It is switched off.") % names
        case Webhook.State.FAILED:
            return (
                _(
                    "%(name)s has taken nothing for five days. It is switched off; what waited for "
                    "it is kept."
                )
                % names
            )
    return (
        _(
            "%(name)s has not taken an event within 72 hours. It was put aside and can be sent "
            "once more; those behind it are tried now."
        )
        % names
    )
