"""What follows at a door of its own accord."""

from django.utils.translation import gettext as _

from connectors import actions
from connectors.models import Inbox
from core.events import on
from core.lanes import Lease
from core.models import Event


@on("inbox.paused", lane="send")
def tell_admins(event: Event, lease: Lease) -> None:
    """Once per pause; they get no mail at all if none of them can be reached in this way."""
    inbox = Inbox.objects.get(pk=event.subject_id)
    subject = _("Automatic mail of %(inbox)s is paused") % {"inbox": inbox.name}
    text = _(
        "The inbox %(inbox)s wanted to send more automatic mails than can be right. No "
        "confirmation and no notice leaves through it until somebody has looked and let it go on. "
        "Answers of people leave as always."
    )
    with lease.held():
        actions.mail_admins(subject, text % {"inbox": inbox.name})
        with lease.finish():
            return


@on("inbox.alarmed", lane="send")
def wake_admins(event: Event, lease: Lease) -> None:
    """Once per failure; not at all where the door works again by now."""
    inbox = Inbox.objects.get(pk=event.subject_id)
    subject = _("The inbox %(inbox)s is out of order") % {"inbox": inbox.name}
    text = _(
        "No mail has come in through the inbox %(inbox)s since %(since)s (UTC).\n\n%(problem)s\n\n"
        "Nothing is lost: what waits in the mailbox is fetched once it can be reached again."
    )
    with lease.held():
        if inbox.alarmed_at and inbox.failing_since:
            since = f"{inbox.failing_since:%Y-%m-%d %H:%M}"
            words = {"inbox": inbox.name, "since": since, "problem": _(inbox.problem)}
            actions.mail_admins(subject, text % words)
        with lease.finish():
            return
