"""Mailboxes of Google and Microsoft: permission, renewal, and what a refusal leads to."""

import json
import threading
from base64 import b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.db import connection, connections
from django.urls import reverse

from connectors.actions import add_inbox
from connectors.errors import OAuthProblem, TemporarySendError
from connectors.mail import oauth
from connectors.mail.imap import poll_inbox
from connectors.mail.permission import fresh_access_token
from connectors.messages import Address, OutboundMessage
from connectors.models import Inbox, RawDelivery
from connectors.queries import send_mail
from core import clock
from core.models import Event
from helpdesk.embedded import find_free_port
from tests.connectors.imap_server import Mailbox, serving

pytestmark = pytest.mark.django_db


class Endpoint:
    """A token endpoint as RFC 6749 describes it: codes once, PKCE checked, errors by name."""

    def __init__(self):
        self.asked = []
        self.challenges = {}
        self.refresh_token = "refresh-1"
        self.rotates = False
        self.failure = None
        self.issued = 0

    def answer(self, form):
        self.asked.append(form)
        if self.failure:
            return self.failure
        if form["client_id"] != "our-client" or form.get("client_secret") != "our-secret":
            return 401, {"error": "invalid_client"}
        kinds = {"authorization_code": self.exchange, "refresh_token": self.renew}
        if form["grant_type"] not in kinds:
            return 400, {"error": "unsupported_grant_type"}
        return kinds[form["grant_type"]](form)

    def exchange(self, form):
        challenge = self.challenges.pop(form["code"], None)
        if challenge is None or challenge != challenge_of(form["code_verifier"]):
            return 400, {"error": "invalid_grant"}
        return 200, self.tokens() | {"refresh_token": self.refresh_token}

    def renew(self, form):
        if form["refresh_token"] != self.refresh_token:
            return 400, {"error": "invalid_grant", "error_description": "names carol@example.org"}
        if not self.rotates:
            return 200, self.tokens()
        self.refresh_token += "+"
        return 200, self.tokens() | {"refresh_token": self.refresh_token}

    def tokens(self):
        self.issued += 1
        return {"access_token": "good-token", "expires_in": 3599, "token_type": "Bearer"}


def challenge_of(verifier):
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def endpoint():
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, answer = endpoint.answer({k: v[0] for k, v in parse_qs(body).items()})
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/token"
        yield endpoint
        server.shutdown()
        thread.join()


@pytest.fixture
def google(endpoint, monkeypatch):
    """Google as we know it, but here."""

    def move(**places):
        here = replace(oauth.PROVIDERS["google"], token_url=endpoint.url, **places)
        monkeypatch.setitem(oauth.PROVIDERS, "google", here)

    move()
    return move


@pytest.fixture
def mailbox(inbox, google):
    kept = {
        "provider": "google",
        "client_id": "our-client",
        "client_secret": "our-secret",
        "user": "box@demo.test",
        "refresh_token": "refresh-1",
    }
    return add_inbox(
        brand=inbox.brand,
        kind="mail",
        name="Box",
        address="box@demo.test",
        credentials={"oauth": kept},
    )


def test_a_token_is_kept_until_shortly_before_its_end(mailbox, endpoint):
    assert fresh_access_token(mailbox) == "good-token"
    assert fresh_access_token(Inbox.objects.get(pk=mailbox.pk)) == "good-token"
    assert endpoint.issued == 1
    with clock.at(clock.now() + timedelta(seconds=3599 - 120)):
        fresh_access_token(mailbox)
    assert endpoint.issued == 2


def test_a_new_refresh_token_replaces_the_old_one(mailbox, endpoint):
    endpoint.rotates = True
    for hours in (0, 2, 4):
        with clock.at(clock.now() + timedelta(hours=hours)):
            fresh_access_token(mailbox)
    kept = Inbox.objects.get(pk=mailbox.pk).credentials["oauth"]
    assert kept["refresh_token"] == "refresh-1+++"


def test_no_token_lies_in_the_database_in_clear(mailbox):
    fresh_access_token(mailbox)
    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text FROM connectors_inbox i WHERE id = %s", [mailbox.pk])
        row = cursor.fetchone()[0]
    for secret in ("good-token", "refresh-1", "our-secret"):
        assert secret not in row and secret.encode().hex() not in row


@pytest.mark.django_db(transaction=True)
def test_two_who_need_a_token_at_once_ask_for_one(mailbox, endpoint):
    endpoint.rotates = True
    found = []

    def ask():
        found.append(fresh_access_token(Inbox.objects.get(pk=mailbox.pk)))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["good-token"] * 4
    assert endpoint.issued == 1


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ((400, {"error": "invalid_grant"}), "no longer accepts our permission"),
        ((401, {"error": "invalid_client"}), "client id or its secret"),
        ((400, {"error": "invalid_scope"}), "to read mail"),
        ((503, b"<html>busy</html>"), "is tried again"),
        ((200, b"no json"), "is tried again"),
        ((200, {"expires_in": 5}), "is tried again"),
    ],
)
def test_a_refusal_is_a_sentence_at_the_inbox(mailbox, endpoint, failure, words):
    endpoint.failure = failure
    poll_inbox(mailbox)
    mailbox.refresh_from_db()
    assert words in mailbox.problem
    assert mailbox.failing_since


def test_a_permission_taken_back_names_the_remedy_and_nobody(mailbox, endpoint):
    endpoint.refresh_token = "another"
    poll_inbox(mailbox)
    assert mailbox.problem.endswith("Connect it again.")
    assert "carol" not in mailbox.problem


def test_an_endpoint_that_is_away_is_said_as_such(mailbox, monkeypatch):
    gone = replace(oauth.PROVIDERS["google"], token_url=f"http://127.0.0.1:{find_free_port(None)}/")
    monkeypatch.setitem(oauth.PROVIDERS, "google", gone)
    with pytest.raises(OAuthProblem, match="cannot be reached"):
        fresh_access_token(mailbox)


# Reading and sending


@pytest.fixture
def box(google):
    box = Mailbox()
    with serving(box) as server:
        port = server.server_address[1]
        google(imap_host="127.0.0.1", imap_port=port, imap_tls=False)
        yield box


def test_the_mailbox_is_read_with_the_token(mailbox, box):
    box.add(1)
    assert poll_inbox(mailbox) == 1
    assert RawDelivery.objects.count() == 1
    assert not any(command.startswith("LOGIN") for command in box.commands)


def test_a_token_refused_before_its_time_is_renewed_in_the_next_round(mailbox, box, endpoint):
    box.token = "newer-token"
    poll_inbox(mailbox)
    assert "refuses our sign-in token" in mailbox.problem
    box.token = "good-token"
    poll_inbox(mailbox)
    assert endpoint.issued == 2
    assert mailbox.problem == ""


class Post:
    """Takes mail from whoever shows the token."""

    def __init__(self):
        self.mails, self.seen = [], []

    async def auth_XOAUTH2(self, server, args):
        given = b64decode(args[1]).decode()
        self.seen.append(given)
        return AuthResult(success="Bearer good-token" in given, handled=True)

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((session.authenticated, envelope.content))
        return "250 kept"


@pytest.fixture
def post(google):
    post = Post()
    port = find_free_port(None)
    controller = Controller(
        post, hostname="127.0.0.1", port=port, auth_require_tls=False, auth_required=True
    )
    google(smtp_url=f"smtp://{{user}}@127.0.0.1:{port}")
    controller.start()
    yield post
    controller.stop()


def outbound():
    return OutboundMessage(
        idempotency_key="1",
        message_id="<1@demo.test>",
        sender=Address("Box", "box@demo.test"),
        reply_to=Address("", "box@demo.test"),
        to=[Address("", "carol@example.org")],
        text="Hello",
    )


def test_answers_of_the_mailbox_leave_through_its_provider(mailbox, post):
    send_mail(outbound(), inbox=mailbox)
    assert [authenticated for authenticated, _ in post.mails] == [True]
    assert post.seen == ["user=box@demo.test\1auth=Bearer good-token\1\1"]


def test_an_answer_waits_while_there_is_no_token(mailbox, post, endpoint):
    endpoint.failure = (400, {"error": "invalid_grant"})
    with pytest.raises(TemporarySendError, match="Connect it again"):
        send_mail(outbound(), inbox=mailbox)


# The pages


@pytest.fixture
def office(admin, sign_in):
    return sign_in(admin)


FORM = {
    "provider": "google",
    "user": "box@demo.test",
    "client_id": "our-client",
    "client_secret": "our-secret",
}


def begin(office, inbox):
    """What the link to the provider says."""
    response = office.post(reverse("connectors:oauth_start", args=[inbox.pk]), FORM)
    assert response.status_code == 200
    return {k: v[0] for k, v in parse_qs(urlsplit(response.context["url"]).query).items()}


def come_back(office, inbox, **query):
    url = reverse("connectors:oauth_callback", args=[inbox.pk])
    response = office.get(url, query, follow=True)
    return response.content.decode()


def connected(inbox):
    return bool(Inbox.objects.get(pk=inbox.pk).credentials.get("oauth", {}).get("refresh_token"))


def test_an_admin_connects_a_mailbox(office, inbox, google, endpoint):
    asked = begin(office, inbox)
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"].endswith(f"/inboxes/{inbox.pk}/oauth/callback/")
    assert (asked["access_type"], asked["scope"]) == ("offline", "https://mail.google.com/")
    endpoint.challenges["a-code"] = asked["code_challenge"]
    page = come_back(office, inbox, code="a-code", state=asked["state"])
    assert "The mailbox is connected." in page
    assert connected(inbox)
    assert "our-secret" not in page and "refresh-1" not in page
    assert Event.objects.filter(name="inbox.connected", subject_id=inbox.pk).exists()


def test_another_sign_in_cannot_be_slipped_in(office, inbox, google, endpoint):
    asked = begin(office, inbox)
    endpoint.challenges["a-code"] = asked["code_challenge"]
    page = come_back(office, inbox, code="a-code", state="forged")
    assert "not begun here" in page
    # Neither does the true state work after that.
    come_back(office, inbox, code="a-code", state=asked["state"])
    assert not connected(inbox)
    assert endpoint.asked == []


def test_a_permission_goes_to_the_inbox_it_was_begun_for(
    office, inbox, billing_inbox, google, endpoint
):
    asked = begin(office, inbox)
    endpoint.challenges["a-code"] = asked["code_challenge"]
    come_back(office, billing_inbox, code="a-code", state=asked["state"])
    assert not connected(billing_inbox)


def test_a_code_of_somebody_else_is_worth_nothing(office, inbox, google, endpoint):
    endpoint.challenges["stolen"] = challenge_of("the thief's own verifier")
    asked = begin(office, inbox)
    page = come_back(office, inbox, code="stolen", state=asked["state"])
    assert "no longer accepts" in page
    assert not connected(inbox)


def test_an_admin_who_refuses_is_told_so(office, inbox, google):
    asked = begin(office, inbox)
    page = come_back(office, inbox, error="access_denied", state=asked["state"])
    assert "gave no permission" in page


def test_without_a_lasting_permission_nothing_is_connected(office, inbox, google, endpoint):
    endpoint.refresh_token = ""
    asked = begin(office, inbox)
    endpoint.challenges["a-code"] = asked["code_challenge"]
    page = come_back(office, inbox, code="a-code", state=asked["state"])
    assert "no lasting permission" in page
    assert not connected(inbox)


def test_passwords_are_kept_and_never_shown(office, inbox):
    url = reverse("connectors:mailbox", args=[inbox.pk])
    form = {"host": "imap.demo.test", "port": "993", "ssl": "on", "user": "box"}
    office.post(url, form | {"password": "pass-canary", "folder": "INBOX"})
    office.post(url, form | {"folder": "Mail"})
    kept = Inbox.objects.get(pk=inbox.pk).credentials["imap"]
    assert (kept["password"], kept["folder"]) == ("pass-canary", "Mail")
    assert "pass-canary" not in office.get(url).content.decode()


def test_a_password_is_not_told_to_another_server(office, inbox):
    url = reverse("connectors:mailbox", args=[inbox.pk])
    form = {"host": "imap.demo.test", "port": "993", "user": "box", "password": "pass-canary"}
    office.post(url, form)
    office.post(url, form | {"host": "imap.evil.test", "password": ""})
    assert Inbox.objects.get(pk=inbox.pk).credentials["imap"]["password"] == ""
