"""What follows an event: whoever was invited gets the link."""

from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import invitation_of, is_invited, workspace
from core.events import on
from core.lanes import Lease
from core.models import Event


@on("user.invited", lane="send")
def send_invitation(event: Event, lease: Lease) -> None:
    user = User.objects.filter(pk=event.subject_id).first()
    inviter = User.objects.filter(pk=event.actor_id).first() if event.actor_id else None
    if user and is_invited(user):
        with translation.override(user.language or settings.LANGUAGE_CODE):
            _send(user, inviter)
    with lease.finish():
        pass


def _send(user: User, inviter: User | None) -> None:
    link = urljoin(settings.PUBLIC_URL, reverse("accounts:invitation", args=[invitation_of(user)]))
    house = workspace().name or _("Helpdesk")
    who = inviter.name if inviter else house
    lines = [
        _("Hello %(name)s,") % {"name": user.name},
        _("%(who)s invites you to work with %(house)s.") % {"who": who, "house": house},
        _("Open this link and choose a password:"),
        link,
        _("It is good for seven days and for one person. If you did not expect it, ignore it."),
    ]
    send_mail(
        subject=_("Your invitation to %(house)s") % {"house": house},
        message="\n\n".join(lines) + "\n",
        from_email=None,
        recipient_list=[user.email],
    )
