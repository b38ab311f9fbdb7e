"""A word of its own for every door, and the ways in which it goes in there."""

import http.client
import json
import random
import smtplib
import socket
import urllib.error
import urllib.request
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from http.cookiejar import CookieJar
from urllib.parse import quote, urlencode

from websockets.sync.client import connect

from tests.system.deployment import Deployment
from tests.system.inside import PASSWORD

SEED = 20261121
SURFACES = (
    # By mail
    *("display name", "address", "address domain", "envelope sender", "HELO", "subject", "text"),
    *("HTML", "quoted text", "file name", "file content", "content id", "calendar", "mail in mail"),
    *("custom header", "header name", "Received", "Message-ID", "References", "Cc", "Reply-To"),
    *("List-Id", "User-Agent of a mail", "boundary", "preamble", "charset", "parameter"),
    *("quarantined mail", "unknown recipient", "refused sender", "mail to be refused"),
    # By the API
    *("API subject", "API body", "API name", "API address", "note", "reply", "withdrawn reply"),
    *("Idempotency-Key", "refused body", "unknown field", "broken JSON", "API search", "cursor"),
    *("API address of nothing", "program's name", "text with NUL", "text with a surrogate"),
    *("token", "header of a request", "filter", "copy to"),
    # By the pages
    *("sign-in address", "sign-in password", "forgotten address", "page search", "page address"),
    *("draft file name", "draft file content", "page note", "page reply", "page notes"),
    *("socket frame", "referrer", "cookie", "host", "large upload"),
    # By hand
    *("customer name", "customer address", "customer notes", "organisation", "phone"),
)
CHINESE = "鼕鼖鼛齉齾龘龖靐厵驫麤钃爩鱻麷鸞癵籲讟虋驪灪"


def make_canaries() -> dict[str, list[str]]:
    """Per surface an English-looking word and four Chinese signs, never the same twice."""
    dice = random.Random(SEED)
    made: dict[str, list[str]] = {}
    seen: set[str] = set()
    for surface in SURFACES:
        while True:
            word = "".join(dice.choice("bcdfgklmnprtvz") + dice.choice("aeiou") for _ in range(6))
            chinese = "".join(dice.sample(CHINESE, 4))
            if word not in seen and chinese not in seen:
                break
        seen |= {word, chinese}
        made[surface] = [word + "x", chinese]
    return made


CANARIES = make_canaries()
# Found in the places, so that the search is known to work.
CONTROL = "Chesterfieldian"


def word(surface: str) -> str:
    return CANARIES[surface][0]


def words(surface: str) -> str:
    english, chinese = CANARIES[surface]
    return f"the {english} {chinese} of it"


# By mail


def plain_mail(sender: str = "plain@canary.example", **headers: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP.clone(utf8=True))
    mail["From"], mail["To"] = sender, "support@demo.test"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    return mail


def full_mail() -> bytes:
    mail = plain_mail(
        f"{words('display name')} <{word('address')}@{word('address domain')}.example>"
    )
    mail["Subject"], mail["Cc"] = words("subject"), f"{words('Cc')} <{word('Cc')}@cc.example>"
    mail["Reply-To"] = f"{words('Reply-To')} <{word('Reply-To')}@reply.example>"
    mail["Message-ID"] = f"<{word('Message-ID')}@canary.example>"
    mail["References"] = f"<{word('References')}@canary.example>"
    mail["List-Id"], mail["User-Agent"] = words("List-Id"), words("User-Agent of a mail")
    mail["X-Customer-Data"] = words("custom header")
    mail[f"X-{word('header name')}"] = "1"
    mail["Received"] = f"from {word('Received')} ({words('Received')}) by mx.example"
    mail.set_content(
        f"{words('text')}\n\nOn Mon, 1 Jan 2026, Eve wrote:\n> {words('quoted text')}\n"
    )
    mail.add_alternative(
        f"<p>{words('HTML')}</p><img src='cid:{word('content id')}'>", subtype="html"
    )
    mail.add_attachment(words("file content"), filename=f"{words('file name')}.txt")
    mail.add_attachment(
        b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", cid=f"<{word('content id')}>"
    )
    mail.add_attachment(
        f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:{words('calendar')}\nEND:VEVENT\nEND:VCALENDAR",
        subtype="calendar",
    )
    inner = plain_mail(Subject=words("mail in mail"))
    inner.set_content(words("mail in mail"))
    mail.add_attachment(inner)
    mail.add_attachment(b"x", maintype="application", subtype="x", params={"n": word("parameter")})
    mail.set_boundary(f"=={word('boundary')}")
    mail.preamble = word("preamble")
    return mail.as_bytes()


def send_mails(running: Deployment) -> None:
    assert running.send_mail(full_mail(), sender=f"{word('envelope sender')}@env.example")[0] == 250
    odd = plain_mail(Subject="odd")
    odd.set_content("odd")
    raw = odd.as_bytes().replace(b'charset="us-ascii"', f'charset="{word("charset")}"'.encode())
    assert running.send_mail(raw)[0] == 250
    two = plain_mail(Subject=words("quarantined mail"))
    two.set_content(words("quarantined mail"))
    forged = f"From: {word('quarantined mail')}@two.example\r\n".encode() + two.as_bytes()
    assert running.send_mail(forged)[0] == 250
    refused = running.send_mail(full_mail(), to=f"{word('unknown recipient')}@demo.test")
    assert refused[0] >= 500
    with smtplib.SMTP("127.0.0.1", running.mail_port, timeout=20) as client:
        client.ehlo(word("HELO"))
        client.docmd("MAIL", f"FROM:<{word('refused sender')}@@x> SIZE=x")
        client.docmd(word("refused sender"))
        client.mail("a@b.example")
        client.rcpt("support@demo.test")
        client.docmd("DATA")
        client.send(f"Subject: {words('mail to be refused')}\r\n\r\n".encode() + b"\0" * 10)
        # Gone in the middle of it.
        client.sock.shutdown(socket.SHUT_RDWR)


# By the API


def call_api(running: Deployment) -> None:
    api = running.api()
    new = {
        "subject": words("API subject"),
        "body": words("API body"),
        "customer": {"name": words("API name"), "email": f"{word('API address')}@api.example"},
    }
    made = api.post("/tickets/", new, key=f"{word('Idempotency-Key')}@key.example")
    assert made.status == 201, made
    again = api.post(
        "/tickets/", {**new, "body": "other"}, key=f"{word('Idempotency-Key')}@key.example"
    )
    assert again.status == 409
    ticket = f"/tickets/{made.body['id']}"
    assert api.post(f"{ticket}/notes/", {"body": words("note")}).status == 201
    taken = api.post(f"{ticket}/replies/", {"body": words("withdrawn reply")})
    assert taken.status == 201
    assert api.post(f"/messages/{taken.body['id']}/withdrawal/", {}).status in (201, 404, 405)
    assert api.post(f"{ticket}/replies/", {"body": words("reply")}).status == 201
    answers = [
        api.post("/tickets/", {**new, "customer": {"name": words("refused body")}}),
        api.post("/tickets/", {**new, word("unknown field"): words("unknown field")}),
        api.post("/tickets/", {**new, "subject": f"{words('text with NUL')}\0"}),
        api.post("/tickets/", {**new, "subject": words("text with a surrogate") + "\ud800"}),
        api.post(f"{ticket}/notes/", {"body": f"{words('text with NUL')}\0"}),
        api.post(f"{ticket}/notes/", {"body": words("text with a surrogate") + "\ud800"}),
        api.post(f"{ticket}/replies/", {"body": "x", "cc": [f"{word('copy to')}@"]}),
        api.call("GET", f"/tickets/?{urlencode({'q': words('API search')})}"),
        api.call("GET", f"/tickets/?{urlencode({'q': words('API search') + chr(0)})}"),
        api.call("GET", f"/customers/?{urlencode({'q': words('API search') + chr(0)})}"),
        api.call("GET", f"/tickets/?{urlencode({'after': words('cursor')})}"),
        api.call("GET", f"/events/?{urlencode({'after': words('cursor')})}"),
        api.call(
            "GET", f"/tickets/?{urlencode({'tag': words('filter'), 'status': words('filter')})}"
        ),
        api.call("GET", f"/tickets/?{urlencode({'tag': words('filter') + chr(0)})}"),
        api.call("GET", f"/{quote(words('API address of nothing'))}/"),
        api.call("GET", "/tickets/", headers={"User-Agent": word("program's name")}),
        api.call("GET", "/tickets/", headers={"X-Data": word("header of a request")}),
        api.call("GET", "/tickets/", headers={"Authorization": f"Token {word('token')}"}),
    ]
    assert [answer.status for answer in answers if answer.status >= 500] == []
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    headers = {"Authorization": f"Token {api.token}", "Content-Type": "application/json"}
    connection.request(
        "POST", "/api/v1/tickets/", f'{{"x": {words("broken JSON")}'.encode(), headers
    )
    assert connection.getresponse().status == 400


# By the pages


class Desk:
    """A person at a browser without scripts."""

    def __init__(self, running: Deployment) -> None:
        self.jar = CookieJar()
        self.url = running.url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self.jar if cookie.name == name), "")

    def ask(
        self, path: str, data: bytes | None = None, kind: str = "", **headers: str
    ) -> tuple[int, bytes]:
        request = urllib.request.Request(f"{self.url}{path}", data)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        if data is not None:
            request.add_header("X-CSRFToken", self.cookie("csrftoken"))
            request.add_header("Content-Type", kind or "application/x-www-form-urlencoded")
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read()

    def post(self, path: str, **values: str) -> tuple[int, bytes]:
        return self.ask(path, urlencode(values).encode())

    def upload(self, path: str, name: str, content: bytes) -> tuple[int, bytes]:
        head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + b"\r\n--b--\r\n"
        return self.ask(path, body, "multipart/form-data; boundary=b")


def use_pages(running: Deployment) -> None:
    stranger, desk = Desk(running), Desk(running)
    stranger.ask("/accounts/login/")
    address = f"{word('sign-in address')}@login.example"
    for _ in range(7):  # until it is refused to try
        stranger.post("/accounts/login/", login=address, password=words("sign-in password"))
    stranger.ask("/accounts/password/reset/")
    stranger.post("/accounts/password/reset/", email=f"{word('forgotten address')}@login.example")
    desk.ask("/accounts/login/")
    assert desk.post("/accounts/login/", login="alice@demo.test", password=PASSWORD)[0] == 200
    assert desk.cookie("sessionid")
    speak_on_socket(running, desk)
    row = running.api().get("/tickets/", q=word("subject"))["results"][0]
    ticket, customer = f"/tickets/{row['id']}", f"/customers/{row['customer']['id']}"
    statuses = [
        desk.upload(
            f"{ticket}/uploads/",
            f"{words('draft file name')}.txt",
            words("draft file content").encode(),
        )[0],
        desk.upload(f"{ticket}/uploads/", "large.txt", words("large upload").encode() * 90_000)[0],
        desk.upload(f"{ticket}/uploads/", f"{words('draft file name')}\0.txt", b"")[0],
        desk.post(f"{ticket}/notes/", body=words("page note"), after="0")[0],
        desk.post(f"{ticket}/replies/", body=words("page reply"), after="0", seen="999")[0],
        desk.post(f"{customer}/notes/", notes=words("page notes"))[0],
        desk.ask(f"/search/?{urlencode({'q': words('page search')})}")[0],
        desk.ask(f"/search/?{urlencode({'q': words('page search') + chr(0)})}")[0],
        desk.ask(f"/customers/?{urlencode({'q': words('page search') + chr(0)})}")[0],
        desk.ask(f"/tickets/?{urlencode({'view': words('filter') + chr(0), 'tag': 'x' + chr(0)})}")[
            0
        ],
        desk.ask(f"/{quote(words('page address'))}/")[0],
        desk.ask(f"/outbox/{quote(word('page address'))}/")[0],
        desk.ask("/tickets/", Referer=f"http://x.example/{word('referrer')}")[0],
        desk.ask("/tickets/", Cookie=f"sessionid={word('cookie')}; csrftoken={word('cookie')}")[0],
        desk.ask("/tickets/", Host=f"{word('host')}.example")[0],
    ]
    print(f"\npages answered {statuses}")
    assert [status for status in statuses if status >= 500] == []


def speak_on_socket(running: Deployment, desk: Desk) -> None:
    headers = {"Cookie": f"sessionid={desk.cookie('sessionid')}", "Origin": running.url}
    origin = headers.pop("Origin")
    with connect(
        f"ws://localhost:{running.port}/ws/", additional_headers=headers, origin=origin
    ) as sock:
        sock.send(words("socket frame"))
        sock.send(json.dumps({"watch": [f"ticket:{words('socket frame')}", words("socket frame")]}))
        with suppress(TimeoutError):
            sock.recv(timeout=2)


def plant_by_hand(running: Deployment) -> None:
    code = (
        "from tests.system import inside\n"
        "from customers.actions import add_customer, add_organisation\n"
        "from core import events\n"
        f"with events.through('cli'):\n"
        f"    inside.plant({CONTROL!r}, {words('customer name')!r},"
        f" {word('customer address') + '@hand.example'!r}, {'+44 7700 900' + '431'!r},"
        f" {words('customer notes')!r})\n"
        f"    o = add_organisation({words('organisation')!r}, actor=None)\n"
        f"    add_customer(name={words('phone')!r}, organisation=o, actor=None)\n"
        "inside.answer(1)"
    )
    running.manage("shell", "--no-imports", "-c", code)
