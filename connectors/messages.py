"""What every connector speaks: one shape for messages coming in, one for messages going out."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Address:
    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email


@dataclass(frozen=True, slots=True)
class InboundAttachment:
    filename: str
    content_type: str
    content: bytes = field(repr=False)
    disposition: str = "attachment"
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the sender's domain says of the mail, in the result words of RFC 8601.

    ``dmarc`` is "pass" or "fail" only where the domain of From publishes a policy; "none" where it
    has none, "temperror" where the DNS had no answer, "" where nobody looked.
    """

    spf: str = ""
    dkim: str = ""
    dmarc: str = ""


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A mail somebody of ours passed on: who wrote it first, as far as its text tells."""

    sender: Address
    subject: str = ""
    text: str = field(default="", repr=False)
    # The original came along whole as message/rfc822, not as quoted text.
    is_attached: bool = False


@dataclass(frozen=True, slots=True)
class BounceReport:
    """One recipient of a delivery status notification (RFC 3464)."""

    recipient: str
    # failed | delayed | delivered | relayed | expanded
    action: str
    # Enhanced status code (RFC 3463), e.g. "5.1.1".
    status: str = ""
    diagnostic: str = field(default="", repr=False)
    # Message-ID of the mail it is about, if the report carries its header.
    original_id: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar invitation (RFC 5545, RFC 5546)."""

    method: str
    summary: str = ""
    starts: str = ""  # ISO 8601, with offset where the calendar tells it
    ends: str = ""
    location: str = ""
    organizer: str = ""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    external_id: str
    sender: Address
    # Empty exactly when the message names one trustworthy sender; otherwise why it does not.
    sender_problem: str = ""
    reply_to: Address | None = None
    to: list[Address] = field(default_factory=list)
    cc: list[Address] = field(default_factory=list)
    subject: str = ""
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    sent_at: datetime | None = None
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    attachments: list[InboundAttachment] = field(default_factory=list)
    # person | auto_reply | bulk | bounce | own
    classification: str = "person"
    language: str = ""
    headers_of_note: dict[str, str] = field(default_factory=dict)
    verdicts: Verdicts = Verdicts()
    # Delivered-To, X-Original-To and Envelope-To: where blind copies and lists name us.
    delivered_to: list[str] = field(default_factory=list)
    forwarded: Forwarded | None = None
    bounces: list[BounceReport] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)
    # "" | pgp-signed | pgp-encrypted | smime-signed | smime-encrypted
    protection: str = ""


@dataclass(frozen=True, slots=True)
class OutboundAttachment:
    filename: str
    content_type: str
    content: bytes = field(repr=False)
    # Set for a picture that stands in the HTML as cid:<content_id>.
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    idempotency_key: str
    message_id: str
    sender: Address
    reply_to: Address
    to: list[Address] = field(default_factory=list)
    cc: list[Address] = field(default_factory=list)
    # In the envelope alone: no header names them.
    bcc: list[Address] = field(default_factory=list, repr=False)
    subject: str = ""
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    attachments: list[OutboundAttachment] = field(default_factory=list)
    # No person wrote it (RFC 3834). A notice follows an event of ours; else it answers a mail.
    automatic: bool = False
    is_notice: bool = False
    # The address bounces go to; "" is the null sender that automatic mail uses.
    envelope_sender: str | None = None


@dataclass(frozen=True, slots=True)
class SendResult:
    external_id: str
    provider_code: str
    # Recipients the server would not take while it took the message for the others.
    refused: tuple[str, ...] = ()
