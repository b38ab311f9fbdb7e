"""Hostile text put where strangers can put it, and the places at which it is shown, looked at."""

import base64
import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from urllib.parse import quote

from playwright.sync_api import Browser, Error, expect

from tests.system.attacks import Payload, Watch
from tests.system.deployment import Deployment, until
from tests.system.inside import PASSWORD

WORD = "quixotry"  # stands in all that is said, so that one search finds it all
INBOX = "rush@demo.test"  # answers leave at once


@dataclass
class Planted:
    """Where the payloads are, each list in their order."""

    tickets: list[str] = field(default_factory=list)  # opened by the API
    mails: list[str] = field(default_factory=list)  # tickets that came by mail
    html: list[str] = field(default_factory=list)  # messages that brought HTML
    files: list[str] = field(default_factory=list)  # addresses of attachments
    people: list[str] = field(default_factory=list)


def sender_of(payload: Payload) -> str:
    return f"mail{payload.number}@xss.example"


def hostile_mail(payload: Payload) -> bytes:
    """Name, subject, text, quotation, HTML, file names and contents are all the payload."""
    mail = EmailMessage(policy=SMTP)
    line = re.sub(r"[\x00-\x1f]", " ", payload.text)
    mail["To"], mail["Message-ID"] = INBOX, f"<{payload.mark}@xss.example>"
    mail["X-Mailer"], mail["List-Subscribe"] = line, line
    words = f"{WORD} {payload.text}"
    mail.set_content(f"{words}\n\nOn Mon, 1 Jan 2026, Eve wrote:\n> {words}\n> {words}\n")
    mail.add_alternative(f"<p>{words}</p>\n<blockquote>{payload.text}</blockquote>", subtype="html")
    page = f"<html><body>{payload.text}</body></html>".encode()
    svg = f'<svg xmlns="http://www.w3.org/2000/svg">{payload.text}</svg>'.encode()
    kinds = [
        (page, "text", "html", f"{line}.html"),
        (svg, "image", "svg+xml", f"{payload.mark}.svg"),
        (svg, "image", "png", f"{payload.mark} labelled.png"),
        (page, "image", "jpeg", f"{payload.mark} photo.jpg"),
        (b"GIF89a/*" + page + b"*/=1;", "image", "gif", f"{payload.mark} both.gif"),
        (b"%PDF-1.7\n" + page, "application", "pdf", f"{payload.mark}.pdf"),
        (b"\xff\xd8\xff\xe0" + page, "text", "html", f"{payload.mark} end.jpg"),
    ]
    for content, main, sub, name in kinds:
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    # As bytes, because the package refuses what would break a line.
    word = "=?utf-8?B?" + base64.b64encode(payload.text.encode()).decode() + "?="
    head = f"From: {word} <{sender_of(payload)}>\r\nSubject: {word}\r\n"
    return head.encode() + mail.as_bytes()


def two_senders(payload: Payload) -> bytes:
    """Goes to the quarantine."""
    mail = hostile_mail(payload).replace(
        f"<{payload.mark}@".encode(), b"<two." + payload.mark.encode() + b"@"
    )
    return b"From: other@xss.example\r\n" + mail


def plant_ticket(alone: Deployment, payload: Payload) -> str:
    api = alone.api()
    email = f"api{payload.number}@xss.example"
    made = api.post(
        "/tickets/",
        {
            "subject": payload.text,
            "body": f"{WORD} {payload.text}",
            "customer": {"name": payload.text, "email": email},
            "inbox": alone.inboxes[INBOX],
        },
    )
    assert made.status == 201, made
    ticket = made.body["id"]
    for path in ("notes", "replies"):
        said = api.post(f"/tickets/{ticket}/{path}/", {"body": f"{WORD} {payload.text}"})
        assert said.status == 201, said
    changed = api.call("PATCH", f"/tickets/{ticket}/", {"tags": [payload.short[:40]]})
    assert changed.status == 200, changed
    return ticket


def find_mails(alone: Deployment, planted: Planted, payloads: list[Payload]) -> None:
    api = alone.api()
    rows, after = [], ""
    while after is not None:
        page = api.get("/tickets/", after=after, view="all")
        rows, after = rows + page["results"], page["next"]
    by_address = {row["id"]: row for row in rows if row["id"] not in planted.tickets}
    for row in by_address.values():
        for message in api.get(f"/tickets/{row['id']}/messages/")["results"]:
            planted.files += [file["url"] for file in message["attachments"]]
            planted.html.append(message["id"])
        planted.mails.append(row["id"])
    states = [row["state"] for row in alone.deliveries().values()]
    counts = {state: states.count(state) for state in states}
    print(f"\n{len(planted.mails)} mails became tickets; what arrived: {counts}")
    assert len(planted.mails) == len(payloads)
    assert states.count("quarantined") >= len(payloads)


# Looking

# Where on a page of a ticket which outside text stands.
ON_TICKET = {
    "subject of a ticket": "#subject",
    "customer in the side panel": "#side .who h2",
    "organisation in the side panel": "#side .who",
    "message": "#thread .msg[data-from=customer] .text",
    "answer": "#thread .msg[data-from=agent] .text, #thread .msg[data-mine] .text",
    "note by the API": "#thread .msg[data-from=note] .text",
    "timeline": "#thread .flow",
    "tags": "#fields [data-tag]",
}
ON_MAIL = {
    "sender of a message": "#thread .msg header",
    "text of a mail": "#thread .msg .text",
    "quoted text": "#thread .msg details.quote",
    "file names": "#thread .msg .files",
}


class Eyes:
    """A signed-in person's browser, and what it saw at which place."""

    def __init__(self, browser: Browser, alone: Deployment, email: str) -> None:
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.watch = Watch(self.context, alone.url)
        self.page = self.watch.page
        self.seen: dict[str, list[str]] = defaultdict(list)
        self.watch.open("/")
        self.watch.expected = ""
        self.page.locator("input[name=login]").fill(email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page.locator("#list")).to_be_visible()

    def look(self, path: str, places: dict[str, str], *, steps: str = "") -> None:
        """Open, do the steps (a script), and keep what stands at the places."""
        self.watch.place = f"{', '.join(places)} ({path[:60]})"
        self.watch.open(path)
        if steps:
            self.page.evaluate(steps)
        self.watch.inspect()
        self.keep(places)

    def keep(self, places: dict[str, str]) -> None:
        script = "(s) => [...document.querySelectorAll(s)].map((e) => e.outerHTML).join('\\n')"
        for place, selector in places.items():
            self.seen[place].append(self.page.evaluate(script, selector))

    def scroll_to_the_end(self, box: str) -> None:
        """Until no further part of the list is promised."""
        more = self.page.locator(f"{box} .more")

        def is_at_end() -> bool:
            if more.count():
                with suppress(Error):  # replaced by what it promised, meanwhile
                    more.first.scroll_into_view_if_needed(timeout=2000)
                self.page.wait_for_timeout(100)
            return not more.count()

        until(is_at_end, f"the end of {box}")


OPEN_ALL = "for (const d of document.querySelectorAll('details')) d.open = true"


def look_at_tickets(eyes: Eyes, planted: Planted) -> None:
    for ticket in planted.tickets:
        eyes.look(f"/tickets/{ticket}/", ON_TICKET, steps=OPEN_ALL)
        eyes.seen["title of the window"].append(eyes.page.title())


def look_at_mails(eyes: Eyes, planted: Planted) -> None:
    for ticket in planted.mails:
        eyes.look(f"/tickets/{ticket}/", ON_MAIL, steps=OPEN_ALL)
        button = eyes.page.locator("[data-formatted]").first
        with eyes.page.expect_event("framenavigated", lambda f: f != eyes.page.main_frame):
            button.click()
        eyes.page.frames[-1].wait_for_load_state()
        eyes.seen["HTML in its frame"] += eyes.watch.inspect()[1:]


def look_at_html_by_itself(eyes: Eyes, planted: Planted) -> None:
    for message in planted.html:
        eyes.look(f"/tickets/messages/{message}/html/", {"HTML by itself": "body"})


def look_at_files(eyes: Eyes, planted: Planted) -> None:
    """Opened as an address: most are downloads, which the browser tells by refusing the page."""
    eyes.watch.place = "files"
    for path in planted.files:
        try:
            eyes.watch.open(path)
        except Error as refusal:
            assert "download" in str(refusal).lower() or "ERR_ABORTED" in str(refusal)
        else:
            eyes.watch.inspect()
    eyes.seen["files opened"].append(f"{len(planted.files)}")


def look_at_lists(eyes: Eyes, payloads: list[Payload]) -> None:
    rows = {"subject in the list": "#rows .subject", "customer in the list": "#rows .name"}
    eyes.look("/tickets/?view=all", {})
    eyes.scroll_to_the_end("#rows")
    eyes.keep(rows | {"tags in the list": "#rows .chips"})
    eyes.look(f"/search/?q={WORD}", {})
    eyes.scroll_to_the_end(".hits")
    eyes.watch.inspect()
    eyes.keep({"snippets": ".hits .snippet", "subjects found": ".hits .subject"})
    for payload in payloads:
        asked = quote(payload.text)
        eyes.look(f"/search/?q={asked}", {"search as it was asked": "#q, .void"})
        eyes.look(
            f"/tickets/?view=all&tag={asked}&status={asked}", {"filter of an address": "body"}
        )


def look_at_people(eyes: Eyes, planted: Planted) -> None:
    places = {
        "customer's page": "h1",
        "organisation of a customer": ".page-head .meta",
        "notes on a customer": "textarea[name=notes]",
        "reason of a tier": "section[aria-labelledby=h-tier]",
    }
    for person in planted.people:
        eyes.look(f"/customers/{person}/", places)
        eyes.seen["title of the window"].append(eyes.page.title())
    eyes.look("/customers/", {})
    eyes.scroll_to_the_end("main")
    eyes.watch.inspect()
    eyes.keep({"list of customers": "main"})


def look_at_refusals(eyes: Eyes, payloads: list[Payload]) -> None:
    """Pages and problem documents that repeat what was asked, opened as pages."""
    for payload in payloads:
        asked = quote(payload.text, safe="")
        for path in (
            f"/{asked}/",
            f"/api/v1/{asked}/",
            f"/api/v1/tickets/?after={asked}&view={asked}",
        ):
            eyes.look(path, {"refusals": "body"})
    for path in ("/api/v1/tickets/", f"/api/v1/customers/?q={WORD}"):
        eyes.look(path, {"documents of the API": "body"})


def look_at_notices(eyes: Eyes, planted: Planted, payloads: list[Payload]) -> None:
    """Toasts, a new tag, files of a draft and the draft itself, there again after a reload."""
    path = f"/tickets/{planted.mails[0]}/"
    eyes.look(path, {})
    eyes.watch.place = "notices and drafts"
    show = """async (text) => {
      const { toast } = await import("/static/helpdesk/toasts.js");
      toast(text, { label: text, undo() {} });
    }"""
    for payload in payloads:
        eyes.page.evaluate(show, payload.text)
        eyes.keep({"notices": "#toasts"})
    files = [
        {
            "name": f"{p.text.replace('/', '_')}.txt",
            "mimeType": "text/html",
            "buffer": p.text.encode(),
        }
        for p in payloads
    ]
    box = eyes.page.locator("ticket-composer")
    box.locator("input[type=file]").set_input_files(files)
    expect(box.locator("progress:visible")).to_have_count(0, timeout=60_000)
    box.locator("textarea").fill("\n".join(p.text for p in payloads))
    eyes.watch.inspect()
    eyes.keep({"files of a draft": "ticket-composer .files"})
    eyes.page.wait_for_timeout(1500)  # the draft is kept a moment after the last key
    eyes.look(path, {})
    draft = box.locator("textarea")
    expect(draft).to_have_value(re.compile(payloads[-1].mark))
    eyes.seen["draft after a reload"].append(draft.input_value())


def look_at_back_office(eyes: Eyes) -> None:
    eyes.look("/deliveries/?state=all", {})
    while True:
        eyes.watch.inspect()
        eyes.keep({"deliveries": "main"})
        older = eyes.page.locator(".pages a", has_text="Older")
        if not older.count():
            break
        eyes.look(f"/deliveries/{older.get_attribute('href')}", {})
    for path in ("accounts/user", "accounts/team", "connectors/inbox", "core/reaction"):
        eyes.look(f"/admin/{path}/?all=", {"back office": "body"})
    eyes.look("/outbox/", {"outbox": "main"})
    for link in eyes.page.locator("main a[href^='/outbox/']").all()[:2000]:
        eyes.seen["outbox links"].append(link.get_attribute("href"))


def look_at_outbox(eyes: Eyes) -> None:
    for link in eyes.seen["outbox links"]:
        eyes.look(link, {"a mail in the outbox": "main"}, steps=OPEN_ALL)


def look_at_mails_sent(eyes: Eyes, alone: Deployment) -> None:
    """As a careless mail program shows them: without any policy of ours."""
    eyes.watch.place, eyes.watch.expected = "mails sent", ""
    for path in sorted((alone.data_dir / "outbox").glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=default)
        eyes.page.goto("about:blank")
        eyes.page.set_content(mail.get_body(("html", "plain")).get_content())
        eyes.seen["mails sent"] += eyes.watch.inspect()
