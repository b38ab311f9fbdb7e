"""What the layers above may know of the mail protocol: its bodies, addresses and ids."""

import hmac
from collections.abc import Callable, Mapping
from uuid import UUID

from connectors.mail import addresses, html, markdown, text
from connectors.mail.addresses import ReplyToken


def safe_mail_document(source: str, cid_urls: Mapping[str, str]) -> tuple[str, int]:
    """A customer's HTML as a document for a sandboxed frame, and how many images it wanted."""
    safe = html.sanitise(source, cid_urls=cid_urls)
    return html.as_document(safe), safe.blocked_images


def fold_quotes(body: str) -> tuple[str, str]:
    return text.fold_quotes(body)


def text_to_html(body: str) -> str:
    return text.text_to_html(body)


def markdown_to_html(body: str, *, picture: Callable[[UUID], str] | None = None) -> str:
    """What one of us wrote; ``picture`` gives the address of a file named in it."""
    return markdown.markdown_to_html(body, picture=picture)


def article_to_html(body: str) -> str:
    """What one of us wrote to be read on our own pages, with headings and tables."""
    return markdown.article_to_html(body)


def markdown_to_text(body: str) -> str:
    return markdown.markdown_to_text(body)


def pictures_in(body: str) -> list[UUID]:
    return markdown.pictures_in(body)


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
