"""What follows an event: the code somebody asked for is sent."""

from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from core.clock import now
from core.events import on
from core.lanes import Lease
from core.models import Event
from customers.actions.sign_in import digits_of, link_token
from customers.models import SignInCode


@on("code.asked", lane="send")
def send_code(event: Event, lease: Lease) -> None:
    """No word of whoever asked stands in it: the address may be a stranger's."""
    code = SignInCode.objects.filter(pk=event.subject_id).first()
    if code and not code.used_at and code.expires_at > now():
        with translation.override(event.details["language"]):
            _send(code, urljoin(settings.PUBLIC_URL, event.details["door"]))
    with lease.finish():
        pass


def _send(code: SignInCode, door: str) -> None:
    digits = digits_of(code)
    lines = [
        _("Your code: %(code)s") % {"code": f"{digits[:3]} {digits[3:]}"},
        _("Type it where you asked for it, or open this link in the same browser:"),
        f"{door}{link_token(code)}/",
        _("It is good for 15 minutes. If you did not ask for it, you can ignore this mail."),
    ]
    send_mail(
        subject=_("%(code)s is your code") % {"code": f"{digits[:3]} {digits[3:]}"},
        message="\n\n".join(lines) + "\n",
        from_email=None,
        recipient_list=[code.address],
    )
