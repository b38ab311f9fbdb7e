"""What follows an event: the code somebody asked for is sent, a started import runs."""

import time
from datetime import timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from core.clock import now
from core.events import on
from core.lanes import Lease
from core.models import Event
from customers.actions.importing import import_some
from customers.actions.sign_in import digits_of, link_token
from customers.models import ImportRun, SignInCode
from customers.queries.importing import Reading

# An import gives way to other work after so many seconds, and goes on a second later.
SLICE_SECONDS = 4


@on("code.asked", lane="send")
def send_code(event: Event, lease: Lease) -> None:
    """No word of whoever asked stands in it: the address may be a stranger's."""
    code = SignInCode.objects.filter(pk=event.subject_id).first()
    if code and not code.used_at and code.expires_at > now():
        with translation.override(event.details["language"]):
            door = event.details["door"]
            _send(code, urljoin(settings.PUBLIC_URL, door) if door else "")
    with lease.finish():
        pass


def _send(code: SignInCode, door: str) -> None:
    digits = digits_of(code)
    where = [_("Type it where you asked for it.")]
    if door:
        where = [
            _("Type it where you asked for it, or open this link in the same browser:"),
            f"{door}{link_token(code)}/",
        ]
    lines = [
        _("Your code: %(code)s") % {"code": f"{digits[:3]} {digits[3:]}"},
        *where,
        _("It is good for 15 minutes. If you did not ask for it, you can ignore this mail."),
    ]
    send_mail(
        subject=_("%(code)s is your code") % {"code": f"{digits[:3]} {digits[3:]}"},
        message="\n\n".join(lines) + "\n",
        from_email=None,
        recipient_list=[code.address],
    )


@on("import.started", lane="bulk", lease=timedelta(minutes=1))
def run_import(event: Event, lease: Lease) -> None:
    run = ImportRun.objects.filter(pk=event.subject_id).select_related("by").defer("rows").first()
    language = run.by.language if run and run.by else ""
    ends = time.monotonic() + SLICE_SECONDS
    with translation.override(language or settings.LANGUAGE_CODE):
        reading = Reading()
        goes_on = True
        while goes_on and time.monotonic() < ends:
            goes_on = import_some(event.subject_id, reading)
    if not goes_on:
        with lease.finish():
            return
    with lease.postpone(now()):
        pass
