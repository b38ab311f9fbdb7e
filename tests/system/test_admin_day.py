"""An admin's day in Chromium: from an empty installation to a working desk, and taking away a right
from somebody who is at work."""

import json
import re
import time
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.system.deployment import Api, Deployment, Sink, demand, until
from tests.system.dovecot import Dovecot, find_dovecot
from tests.system.inside import PASSWORD
from tests.system.test_browser import chromium  # noqa: F401  the same browser, made the same way

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WAIT = 20_000
# Mailboxes connected just now are noticed by a look around each 15 seconds.
FIRST_MAIL = 60_000
# The socket looks again by itself each 15 seconds; told at once, it needs much less.
AT_ONCE = 10.0
BOX = "hello@perchwood.test"


class Provider(Sink):
    """A mail provider's server for sending: nobody sends through it without the password."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0
        self.controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self.check,
            auth_required=True,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
        )

    def check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and data.password == b"secret"
        self.refused += not is_right
        return AuthResult(success=is_right, handled=is_right)


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, browser: Browser, url: str, **options: object) -> None:
        size = {"width": 1440, "height": 900}
        self.context: BrowserContext = browser.new_context(viewport=size, **options)
        self.context.set_default_timeout(WAIT)
        self.url = url
        self.complaints: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self.note_console)

    def note_console(self, message: object) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else f"{self.url}{path}")

    def fill(self, **values: object) -> None:
        for name, value in values.items():
            field = self.page.locator(f"main [name={name}]")
            if isinstance(value, bool):
                field.set_checked(value)
            elif field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(str(value))
            else:
                field.fill(str(value))

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, words: str, *, within: str = "main", timeout: int = WAIT) -> None:
        expect(self.page.locator(within).first).to_contain_text(words, timeout=timeout)

    def row(self, subject: str) -> Locator:
        return self.page.locator(".trow", has_text=subject)

    def sign_in(self, email: str) -> "Person":
        self.go("/accounts/login/")
        self.page.locator("input[name=login]").fill(email)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("main button.btn-primary").first.click()
        expect(self.page.locator("#list, .sheet-page").first).to_be_visible(timeout=WAIT)
        return self

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []


# An empty installation


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    provider = Provider().start()
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    demand(bool(find_dovecot()), "There is no dovecot here: python bootstrap.py --dev --mail")
    server = Dovecot()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def bare() -> Iterator[Deployment]:
    """Nothing in it, nobody in it, and no server to send through."""
    bare = Deployment(smtp_url="")
    try:
        yield bare.start(seconds=180)
    finally:
        bare.stop()


def test_an_empty_installation_is_set_up_and_works(
    bare: Deployment,
    dovecot: Dovecot,
    provider: Provider,
    chromium: Browser,  # noqa: F811
) -> None:
    admin = Person(chromium, bare.url)
    come_in_first(bare, admin)
    name_the_house(admin)
    connect_the_mailbox(admin, dovecot, provider)
    admin.fill(name="First line")
    admin.press("Save and go on")
    admin.sees("Who answers with you")
    admin.fill(people="wei@perchwood.test 陈伟\nbob@perchwood.test Bob Berg")
    admin.press("Save and go on")
    look_at_the_tiers(admin)
    see_a_mail_arrive(admin, dovecot)
    the_colleague_answers(chromium, bare, dovecot, provider)
    expect(admin.row("First of all")).to_have_count(1)
    admin.close()


def come_in_first(bare: Deployment, admin: Person) -> None:
    [link] = re.findall(r"http\S+/begin/\S+", "\n".join(bare.lines))
    admin.go(link)
    admin.fill(
        name="Ada First", email="ada@perchwood.test", password=PASSWORD, timezone="Asia/Shanghai"
    )
    admin.press("Begin")
    expect(admin.page).to_have_url(re.compile("/set-up/house/"), timeout=WAIT)
    admin.go(link)  # it was for one person
    admin.sees("no longer good")
    admin.go("/")  # whoever leaves is led back
    assert bare.count("accounts_user") == 1


def name_the_house(admin: Person) -> None:
    admin.go("/set-up/")
    admin.fill(name="Perchwood", language="zh-hans", timezone="Asia/Shanghai")
    admin.press("Save and go on")
    admin.sees("name and colour customers meet you")
    admin.fill(name="Perchwood Lamps", accent="#1d4e89")
    admin.press("Save and go on")
    admin.sees("The mailbox customers write to")


def connect_the_mailbox(admin: Person, dovecot: Dovecot, provider: Provider) -> None:
    tried = admin.page.locator(".tried li")
    admin.fill(
        address=BOX,
        name="Customer support",
        host="127.0.0.1",
        port=dovecot.port,
        ssl=False,
        user=BOX,
        password="wrong",
        smtp_host="127.0.0.1",
        smtp_port=provider.port,
    )
    admin.press("Try it and go on")
    expect(tried).to_have_count(2, timeout=WAIT)
    expect(tried.nth(0)).to_contain_text("refuses the user name or password")
    expect(tried.nth(1)).to_contain_text("refuses our password")
    assert provider.refused
    assert provider.mails == []
    # What was typed is kept, but for the secret.
    expect(admin.page.locator("[name=host]")).to_have_value("127.0.0.1")
    expect(admin.page.locator("[name=smtp_port]")).to_have_value(str(provider.port))
    expect(admin.page.locator("[name=password]")).to_have_value("")

    admin.fill(password="secret")
    admin.press("Try it and go on")
    admin.sees("Tickets belong to a team")
    admin.sees("The mailbox works.", within="body")
    [test_mail] = provider.mails
    assert test_mail.recipients == ["ada@perchwood.test"]
    assert str(test_mail.mail["From"]).endswith(f"<{BOX}>")


def look_at_the_tiers(admin: Person) -> None:
    admin.sees("Customers are served by tier")
    expect(admin.page.locator("main .ways li")).not_to_have_count(0)
    admin.press("These are fine")
    admin.sees("Ready to work")
    admin.sees(BOX)
    admin.page.get_by_role("link", name="To the inbox").click()
    expect(admin.page.locator("#list")).to_be_visible(timeout=WAIT)
    admin.go("/set-up/")
    admin.sees("Ready to work")
    admin.go("/tickets/")


def see_a_mail_arrive(admin: Person, dovecot: Dovecot) -> None:
    put(dovecot, "First of all", "My lamp hums at night.")
    expect(admin.row("First of all")).to_be_visible(timeout=FIRST_MAIL)
    admin.row("First of all").locator("a").click()
    admin.sees("My lamp hums at night.", within="#thread .flow")


def put(dovecot: Dovecot, subject: str, body: str, *, to: str = BOX) -> None:
    """A customer's mail in the mailbox at the provider."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Carol <carol@browser.example>", to, subject
    mail["Message-ID"] = f"<carol.{time.time_ns()}@browser.example>"
    mail.set_content(body)
    client = dovecot.open(BOX)
    client.append("INBOX", None, None, mail.as_bytes(policy=policy.SMTP))
    client.logout()


def the_colleague_answers(
    browser: Browser, bare: Deployment, dovecot: Dovecot, provider: Provider
) -> None:
    """Invited by a mail that left through the mailbox just connected, in the house's language."""
    until(lambda: len(provider.mails) >= 3, "both invitations")
    [invitation] = [m for m in provider.mails if m.recipients == ["wei@perchwood.test"]]
    assert "Perchwood" in invitation.mail["Subject"]
    assert "邀请" in invitation.mail["Subject"]
    [link] = re.findall(r"http\S+/invitation/\S+", invitation.text)
    wei = Person(browser, bare.url, locale="zh-CN")
    wei.go(link)
    expect(wei.page.locator("html")).to_have_attribute("lang", "zh-Hans", timeout=WAIT)
    wei.fill(password=PASSWORD, timezone="Asia/Shanghai")
    wei.page.locator("main form button.btn-primary").click()
    wei.row("First of all").locator("a").click()
    wei.sees("My lamp hums at night.", within="#thread .flow")

    box = wei.page.locator("ticket-composer:defined textarea")  # its keys are heard from then on
    box.fill("Please unplug it.")
    box.press("Control+Enter")
    answer = provider.wait_for("Please unplug it.", seconds=40)
    assert answer.recipients == ["carol@browser.example"]
    assert str(answer.mail["From"]) == f'"陈伟 (Perchwood Lamps)" <{BOX}>'

    reply_to = answer.mail["Reply-To"].addresses[0].addr_spec
    put(dovecot, "Re: First of all", "Now it is quiet.", to=reply_to)
    wei.sees("Now it is quiet.", within="#thread .flow", timeout=FIRST_MAIL)
    wei.close()


# Taking away


# Notices go by themselves; what they said stays.
NOTE_NOTICES = """() => {
  const box = document.getElementById("toasts");
  window.said = "";
  new MutationObserver(() => { window.said += box.innerText; }).observe(box, { childList: true });
}"""


class Colleague:
    """Somebody whom the admin invited, signed in at a browser with one ticket open."""

    def __init__(self, running: Deployment, person: Person, email: str, ident: str) -> None:
        self.person, self.email, self.ident = person, email, ident
        self.api = Api(running.port, running.manage("create_token", email).split()[-1])
        person.go(f"/tickets/{ident}/")
        expect(person.page.locator("#thread .msg").first).to_be_visible(timeout=WAIT)
        expect(person.page.locator("html[data-live=on]")).to_be_attached(timeout=WAIT)

    def status_of(self, path: str) -> int:
        """What the session alone is answered, without the page."""
        return self.person.context.request.get(f"{self.person.url}{path}", max_redirects=0).status

    def write(self, path: str) -> int:
        """A request with the page's own token against forgery."""
        return self.person.page.evaluate(
            """async ([path, body]) => {
              const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
              const headers = { "X-CSRFToken": token };
              return (await fetch(path, { method: "POST", headers, body })).status;
            }""",
            [path, ""],
        )

    def listen(self) -> None:
        """A socket of its own beside the page's, as a program would hold it; notes all it hears."""
        self.person.page.evaluate(
            """(name) => new Promise((done) => {
              window.heard = [];
              const note = (text) => window.heard.push([Date.now(), text]);
              const line = window.line = new WebSocket(`ws://${location.host}/ws/`);
              line.onopen = () => line.send(JSON.stringify({ watch: ["list", name] }));
              line.onmessage = (event) => { note(event.data); done(); };
              line.onclose = (event) => note(`{"closed": ${event.code}}`);
            })""",
            f"ticket:{self.ident}",
        )

    def ask_to_watch(self) -> None:
        asked = {"watch": [f"ticket:{self.ident}"]}
        self.person.page.evaluate("(text) => window.line.send(text)", json.dumps(asked))

    def heard(self) -> list[tuple[float, dict]]:
        noted = self.person.page.evaluate("window.heard")
        return [(at / 1000, json.loads(text)) for at, text in noted]

    def hears(self, part: dict, what: str) -> tuple[int, float]:
        """Waits for a frame with this in it; its place and when it came."""

        def find() -> tuple[int, float] | None:
            for place, (at, frame) in enumerate(self.heard()):
                if part.items() <= frame.items():
                    return place + 1, at
            return None

        return until(find, what, pause=0.1)


@pytest.fixture
def admin(running: Deployment, chromium: Browser) -> Iterator[Person]:  # noqa: F811
    admin = Person(chromium, running.url).sign_in("admin@demo.test")
    yield admin
    admin.close()


@pytest.fixture
def colleague(
    running: Deployment,
    chromium: Browser,  # noqa: F811
    admin: Person,
) -> Iterator[Colleague]:
    email = f"nora.{time.time_ns()}@demo.test"
    admin.go("/people/invite/")
    admin.fill(email=email, name="Nora North")
    admin.page.get_by_label("Role").select_option(label="Agent")
    admin.page.get_by_role("checkbox", name="Support", exact=True).check()
    admin.press("Send the invitation")
    admin.press("Show the link")
    link = admin.page.locator(".once-link code").inner_text()
    nora = Person(chromium, running.url)
    nora.go(link)
    nora.fill(password=PASSWORD)
    nora.press("Begin")
    expect(nora.page.locator("#list")).to_be_visible(timeout=WAIT)
    yield Colleague(running, nora, email, open_ticket(running, "Held by a team"))
    nora.close()


def open_ticket(running: Deployment, subject: str, inbox: str = "support@demo.test") -> str:
    customer = {"name": "Carol Ashworth", "email": "carol@browser.example"}
    made = {
        "subject": f"{subject} {time.time_ns()}",
        "body": "Please help me.",
        "customer": customer,
        "inbox": running.inboxes[inbox],
    }
    made = running.api("admin@demo.test").post("/tickets/", made)
    assert made.status == 201, made
    return made.body["id"]


def find_person(admin: Person, email: str) -> str:
    admin.go("/people/")
    row = admin.page.locator("main li", has_text=email)
    row.locator("a").click()
    expect(admin.page.locator("main h1")).to_contain_text("Nora North", timeout=WAIT)
    return admin.page.url.rstrip("/").rpartition("/")[2]


def test_a_team_that_is_taken_away_is_gone_at_once(
    running: Deployment, admin: Person, colleague: Colleague
) -> None:
    ident, page = colleague.ident, colleague.person.page
    for path in ("", "changes/?after=0"):
        assert colleague.status_of(f"/tickets/{ident}/{path}") == 200
    assert colleague.api.call("GET", f"/tickets/{ident}/").status == 200
    nora = find_person(admin, colleague.email)
    page.evaluate(NOTE_NOTICES)
    colleague.listen()
    colleague.hears({"watching": sorted(["list", f"ticket:{ident}"])}, "being let in")

    admin.page.get_by_role("checkbox", name="Support", exact=True).uncheck()
    admin.press("Save")
    admin.sees("It holds from now on.", within="body")
    saved = time.time()

    # The socket tells, the open page reads again and finds that it may not.
    place, told = colleague.hears({f"ticket:{ident}": -1}, "word that the ticket is gone")
    assert told - saved < AT_ONCE
    expect(page.locator("#thread .msg")).to_have_count(0, timeout=WAIT)
    expect(page.locator(f"#row-{ident}")).to_have_count(0, timeout=WAIT)
    until(lambda: "team you do not work in" in page.evaluate("window.said"), "being told why")
    check_nothing_answers(colleague)

    # What goes on there is no longer told, and cannot be asked for; what is theirs still is.
    note = {"body": "Between us."}
    assert running.api().post(f"/tickets/{ident}/notes/", note).status == 201
    given = open_ticket(running, "Given in person", "billing@demo.test")
    boss = running.api("admin@demo.test")
    assert boss.call("PATCH", f"/tickets/{given}/", {"assignee": nora}).status == 200
    expect(page.locator(f"#row-{given}")).to_be_visible(timeout=WAIT)
    page.evaluate(
        "(name) => window.line.send(JSON.stringify({ watch: [name] }))", f"ticket:{ident}"
    )
    colleague.hears({"watching": []}, "being kept out")
    after = [frame for _at, frame in colleague.heard()[place:]]
    assert not [frame for frame in after if f"ticket:{ident}" in frame], after
    assert colleague.status_of(f"/tickets/{given}/") == 200


def check_nothing_answers(colleague: Colleague) -> None:
    ident, number = colleague.ident, colleague.api
    for path in ("", "changes/?after=0"):
        assert colleague.status_of(f"/tickets/{ident}/{path}") == 404, path
    for path in ("status/", "replies/", "notes/"):
        assert colleague.write(f"/tickets/{ident}/{path}") == 404, path
        assert colleague.status_of(f"/api/v1/tickets/{ident}/") in (401, 404)
    assert number.call("GET", f"/tickets/{ident}/").status == 404
    for path in ("replies/", "notes/"):
        assert number.post(f"/tickets/{ident}/{path}", {"body": "x"}).status == 404
    listed = [one["id"] for one in number.get("/tickets/")["results"]]
    assert ident not in listed


def test_a_right_that_is_taken_away_is_refused_at_once(
    running: Deployment, admin: Person, colleague: Colleague
) -> None:
    """And who is let go is signed out where they sit."""
    ident, page = colleague.ident, colleague.person.page
    colleague.listen()
    box = page.locator("ticket-composer:defined textarea")
    box.fill("I may still send this.")
    find_person(admin, colleague.email)
    admin.page.get_by_label("Role").select_option(label="Light agent")
    admin.press("Save")
    admin.sees("It holds from now on.", within="body")

    box.press("Control+Enter")
    colleague.person.sees("Your role does not allow this.", within="body")
    expect(box).to_have_value("I may still send this.")
    assert colleague.write(f"/tickets/{ident}/status/") == 403
    reply = {"body": "x"}
    assert colleague.api.post(f"/tickets/{ident}/replies/", reply).status == 403
    assert colleague.api.post(f"/tickets/{ident}/notes/", reply).status == 201
    said = running.api().get(f"/tickets/{ident}/messages/")["results"]
    assert "I may still send this." not in json.dumps(said)

    find_person(admin, colleague.email)
    admin.page.get_by_role("link", name="Deactivate").click()
    admin.page.locator("main form.panel button").last.click()
    admin.sees("is signed out", within="body")
    colleague.hears({"closed": 4401}, "the line being cut")
    assert colleague.api.call("GET", f"/tickets/{ident}/").status == 401
    assert colleague.status_of(f"/tickets/{ident}/") == 302
