"""What the layers above may know of the mail protocol: its bodies, addresses and ids."""

import hmac
from collections.abc import Mapping
from uuid import UUID

from connectors.mail import addresses, html, text
from connectors.mail.addresses import ReplyToken


def safe_mail_document(source: str, cid_urls: Mapping[str, str]) -> tuple[str, int]:
    """A customer's HTML as a document for a sandboxed frame, and how many images it wanted."""
    safe = html.sanitise(source, cid_urls=cid_urls)
    return html.as_document(safe), safe.blocked_images


def fold_quotes(body: str) -> tuple[str, str]:
    return text.fold_quotes(body)


def text_to_html(body: str) -> str:
    return text.text_to_html(body)


def read_reply_address(address: str) -> ReplyToken | None:
    return addresses.read_reply_address(address)


def reply_token_fits(token: ReplyToken, email: str) -> bool:
    """Say whether the address was made for this very correspondent."""
    return hmac.compare_digest(token.participant_hash, addresses.participant_hash(email))


def make_reply_address(inbox_address: str, *, ticket_id: UUID, participant: str) -> str:
    return addresses.make_reply_address(inbox_address, ticket_id=ticket_id, participant=participant)


def make_subject_token(number: int) -> str:
    return addresses.make_subject_token(number)


def read_subject_token(subject: str) -> int | None:
    return addresses.read_subject_token(subject)


def make_message_id(message_id: UUID, address: str) -> str:
    return addresses.make_message_id(message_id, address.rpartition("@")[2])


def read_message_id(value: str) -> UUID | None:
    return addresses.read_message_id(value)
