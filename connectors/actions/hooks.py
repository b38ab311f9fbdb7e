"""What a hosted mail sender told us: mails that arrived, and what became of ours."""

from collections.abc import Sequence

from django.db import transaction

from connectors.actions.outgoing import suppress
from connectors.actions.receive import store_raw
from connectors.mail.addresses import read_message_id
from connectors.mail.hooks import Posted, Report
from connectors.mail.parse import find_external_id
from connectors.models import Inbox, RawDelivery
from core.events import record


@transaction.atomic
def store_posted(inbox: Inbox, posted: Sequence[Posted]) -> list[RawDelivery]:
    """All mails of one post, or none; a repeated post finds its rows there."""
    return [
        store_raw(
            inbox,
            raw=mail.raw,
            source="hook",
            external_id=find_external_id(mail.raw),
            envelope={"mail_from": mail.mail_from, "rcpt_to": list(mail.rcpt_to)},
        )
        for mail in posted
    ]


@transaction.atomic
def note_report(inbox: Inbox, report: Report, *, provider: str) -> None:
    """A bounce that is final, or a complaint, suppresses the address.

    ``mail.bounced`` and ``mail.complained`` name our message where the provider tells its
    Message-ID.
    """
    message_id = read_message_id(f"<{report.message_id.strip('<>')}>")
    suppression = None
    if report.is_final:
        reason = "complaint" if report.kind == "complained" else "bounce"
        suppression = suppress(
            report.recipient, reason=reason, provider_code=report.provider_code
        ).pk
    record(
        f"mail.{report.kind}",
        subject=inbox,
        actor=None,
        provider=provider,
        code=report.provider_code,
        final=report.is_final,
        message=message_id,
        suppression=suppression,
    )
