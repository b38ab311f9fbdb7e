"""Files that want to run: what is served says so little that no browser can run it (A9–A16)."""

import base64
import struct
import zlib
from urllib.parse import unquote

import pytest

from connectors.messages import InboundAttachment
from tickets.actions import keep_blob
from tickets.actions.files import clean_filename
from tickets.models import Attachment

pytestmark = pytest.mark.django_db

PWN = b"<script>__pwn()</script>"
PNG = b"\x89PNG\r\n\x1a\n"


def huge_picture() -> bytes:
    """60,000 x 60,000 of one bit: 450 MB once unpacked, a few hundred bytes here."""

    def part(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    return (
        PNG + part(b"IHDR", head) + part(b"IDAT", zlib.compress(bytes(10**6))) + part(b"IEND", b"")
    )


# id: content, the type it claims, its name, the type under which it is served.
FILES = {
    "A9 svg with onload": (b"<svg onload=__pwn()>", "image/svg+xml", "a.svg", None),
    "A9 svg with a foreign object": (
        b"<svg><foreignObject>" + PWN + b"</foreignObject></svg>",
        "image/svg+xml",
        "a.svg",
        None,
    ),
    "A9 svg with use": (b'<svg><use href="data:x"/></svg>', "image/svg+xml", "a.svg", None),
    "A9 split by a comment": (b"<scr<!-- -->ipt>__pwn()</script>", "image/svg+xml", "a.svg", None),
    "A10 html named as picture": (b"<html>" + PWN, "image/jpeg", "photo.jpg", None),
    "A10 jpeg with html behind": (b"\xff\xd8\xff\xe0" + PWN, "text/html", "p.html", "image/jpeg"),
    "A10 gif that is a script": (b"GIF89a/*" + PWN, "text/html", "p.js", "image/gif"),
    "A10 pdf with an action": (b"%PDF-1.7 /OpenAction /JS", "application/pdf", "a.pdf", None),
    "A10 xml with a stylesheet": (
        b'<?xml-stylesheet type="text/xsl" href="#x"?><x/>',
        "text/xml",
        "a.xml",
        None,
    ),
    "A12 charset": (b"+ADw-script+AD4-", "text/html; charset=utf-7", "a.html", None),
    "A12 svg labelled png": (b"<svg onload=__pwn()>", "image/png", "a.png", None),
    "A12 multipart inside": (b"--b\r\n\r\n" + PWN, "multipart/form-data; boundary=b", "a", None),
    "A13 htaccess": (b"AddType text/html .png", "text/plain", ".htaccess", None),
    "A16 huge picture": (huge_picture(), "image/png", "big.png", "image/png"),
}


@pytest.fixture
def served(inbox, mail_in, alice, sign_in):
    """The answer for a file that came by mail, and its content."""

    def serve(content: bytes, *, kind: str = "", name: str = "x", query: str = ""):
        file = InboundAttachment(filename=name, content_type=kind, content=content)
        message = mail_in(inbox, "eve@example.org", "Look", "See the file.", attachments=[file])
        found = Attachment.objects.get(message=message)
        answer = sign_in(alice).get(f"/tickets/attachments/{found.pk}/{query}")
        return answer, b"".join(answer.streaming_content)

    return serve


def check_headers(answer) -> None:
    assert answer.status_code == 200
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "private, no-store"
    assert "\r" not in str(answer.headers) and "\n" not in answer["Content-Disposition"]


@pytest.mark.parametrize("ident", FILES, ids=FILES)
def test_a_file_is_served_as_what_its_first_bytes_say_or_as_nothing(served, ident):
    content, kind, name, shown_as = FILES[ident]
    answer, received = served(content, kind=kind, name=name)
    check_headers(answer)
    assert received == content, "Stored and given back as it is, never opened."
    assert answer["Content-Type"] == (shown_as or "application/octet-stream")
    way = answer["Content-Disposition"].partition(";")[0]
    assert way == ("inline" if shown_as else "attachment")


@pytest.mark.parametrize("ident", FILES, ids=FILES)
def test_asked_for_as_a_download_everything_is_one(served, ident):
    content, kind, name, _shown_as = FILES[ident]
    answer, _received = served(content, kind=kind, name=name, query="?download")
    check_headers(answer)
    assert answer["Content-Disposition"].startswith("attachment;")


NAMES = {
    "A11 markup": '"><img src=x onerror=__pwn()>.png',
    "A11 line break": "a\r\nSet-Cookie: x=1.txt",
    "A11 direction": "exe\u202egpj.exe",
    "A11 path": "../../etc/cron.d/x",
    "A11 windows path": "..\\..\\x",
    "A11 drive": "C:\\x",
    "A11 long": "n" * 300 + ".pdf",
    "A11 dot": ".",
    "A11 dots": "..",
    "A11 empty": "",
    "A11 NUL": "a\0.png",
    "A11 encoded NUL": "a%00.png",
    "A11 cyrillic": "файл.pdf",
    "A11 surrogate": "a\ud800.txt",
    "A13 invisible before": "\u200b.htaccess",
    "A13 dot behind": ".htaccess.",
    "A13 invisible behind": "x.php\u200e",
    "A13 semicolon": "x.phtml;.png",
    "A13 full width": "．．／x",
}


@pytest.mark.parametrize("ident", NAMES, ids=NAMES)
def test_a_name_is_only_a_name(served, ident, settings):
    answer, _content = served(PWN, kind="text/html", name=NAMES[ident])
    check_headers(answer)
    assert "Set-Cookie" not in answer.headers
    said = unquote(answer["Content-Disposition"].partition("UTF-8''")[2])
    assert 0 < len(said) <= 120
    assert not set('/\\<>:"|?*') & set(said)
    assert said.isprintable() and not said.startswith(".") and not said.endswith((".", " "))
    # On the disk no name of anybody's stands, and nothing can be run.
    [path] = [path for path in settings.BLOB_DIR.rglob("*") if path.is_file()]
    assert path.suffix == "" and path.stat().st_mode & 0o777 == 0o600
    assert PWN not in path.read_bytes()


def test_an_honest_name_stays():
    assert clean_filename("файл 1.pdf") == "файл 1.pdf"
    assert clean_filename("报价 (终稿).xlsx") == "报价 (终稿).xlsx"


@pytest.mark.parametrize("who", ["bob", "mallory"], ids=["A14 colleague", "A14 stranger"])
def test_a_file_still_being_attached_is_its_authors_alone(ticket, alice, who, sign_in, request):
    other = request.getfixturevalue(who)
    file = base64.b64decode("iVBORw0KGgo=")
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body += file + b"\r\n--b--\r\n"
    made = sign_in(alice).post(
        f"/tickets/{ticket.pk}/uploads/", body, content_type="multipart/form-data; boundary=b"
    )
    assert made.status_code == 201
    path = made.json()["url"]
    assert sign_in(alice).get(path).status_code == 200
    assert sign_in(other).get(path).status_code == 404
    assert sign_in(other).post(f"{path}discard/").status_code in (403, 404)


def test_a15_a_file_of_another_request_cannot_be_sent_along(
    ticket, billing_ticket, alice, wei, api
):
    foreign = Attachment.objects.create(
        ticket=billing_ticket,
        blob=keep_blob(b"secret"),
        filename="secret.pdf",
        uploaded_by=wei,
    )
    answer = api(alice).post(
        f"/api/v1/tickets/{ticket.pk}/replies/",
        {"body": "x", "attachments": [str(foreign.pk)]},
        format="json",
    )
    assert answer.status_code in (400, 404)
    foreign.refresh_from_db()
    assert foreign.message_id is None and foreign.ticket_id == billing_ticket.pk
