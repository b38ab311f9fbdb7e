"""What strangers write is shown in many places and runs, loads and leads nowhere.

Forty payloads come in by mail, API and (where there is no other door) actions; then every place
in which outside text is shown is opened in Chromium and looked at. See `attacks.py`.
"""

import base64
import json
import os
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.system.attacks import VIEWER, Payload, Watch, listen_outside, make_payloads
from tests.system.deployment import Deployment, demand
from tests.system.hostile import (
    INBOX,
    Eyes,
    Planted,
    find_mails,
    hostile_mail,
    look_at_back_office,
    look_at_files,
    look_at_html_by_itself,
    look_at_lists,
    look_at_mails,
    look_at_mails_sent,
    look_at_notices,
    look_at_outbox,
    look_at_people,
    look_at_refusals,
    look_at_tickets,
    plant_ticket,
    sender_of,
    two_senders,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture(scope="module")
def outside() -> Iterator[SimpleNamespace]:
    with listen_outside() as server:
        yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}", hits=server.hits)


@pytest.fixture(scope="module")
def payloads(outside: SimpleNamespace) -> list[Payload]:
    return make_payloads(outside.url)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    demand(Path(CHROMIUM).exists(), f"NO CHROMIUM at {CHROMIUM}: the browser tests cannot run.")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


# Planting


@pytest.fixture(scope="module")
def alone() -> Iterator[Deployment]:
    """A system of its own, whose outgoing mail stays in the outbox."""
    running = Deployment(smtp_url="")
    try:
        running.start()
        running.tokens = running.call("furnish")
        running.inboxes = running.call("inbox_ids")
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def planted(alone: Deployment, payloads: list[Payload]) -> Planted:
    planted = Planted()
    for payload in payloads:
        code, answer = alone.send_mail(hostile_mail(payload), to=INBOX, sender=sender_of(payload))
        assert code == 250, answer
        alone.send_mail(two_senders(payload), to=INBOX, sender=sender_of(payload))
        planted.tickets.append(plant_ticket(alone, payload))
    code = "from tests.system import inside, planting as p; t = {}; p.plant_settings(t); "
    code += "inside.answer(p.plant_people(t))"
    said = alone.manage("shell", "--no-imports", "-c", code.format([p.text for p in payloads]))
    planted.people = json.loads(said.splitlines()[-1])
    alone.wait_idle(seconds=240)
    find_mails(alone, planted, payloads)
    return planted


# Looking

# Places where not all forty can stand: what was asked is not repeated, or is ours.
WITHOUT_MARKS = {"refusals", "documents of the API", "files opened", "outbox links", "deliveries"}


@dataclass
class Looked:
    seen: dict[str, str]
    noted: list[str]
    opened: int


@pytest.fixture(scope="module")
def looked(
    chromium: Browser, alone: Deployment, planted: Planted, payloads: list[Payload]
) -> Looked:
    begun = time.monotonic()
    alice, admin = (Eyes(chromium, alone, f"{name}@demo.test") for name in ("alice", "admin"))
    look_at_tickets(alice, planted)
    look_at_mails(alice, planted)
    look_at_html_by_itself(alice, planted)
    look_at_files(alice, planted)
    look_at_lists(alice, payloads)
    look_at_people(alice, planted)
    look_at_refusals(alice, payloads)
    look_at_notices(alice, planted, payloads)
    look_at_back_office(admin)
    look_at_outbox(admin)
    look_at_mails_sent(admin, alone)
    seen: dict[str, str] = defaultdict(str)
    for eyes in (alice, admin):
        for place, texts in eyes.seen.items():
            seen[place] += "\n".join(texts)
    opened = alice.watch.opened + admin.watch.opened
    print(f"\n{opened} pages in {time.monotonic() - begun:.0f} s")
    return Looked(dict(seen), alice.watch.noted + admin.watch.noted, opened)


def test_nothing_runs_loads_or_leads_away(
    looked: Looked, outside: SimpleNamespace, payloads: list[Payload]
) -> None:
    places = [place for place in looked.seen if place != "outbox links"]
    print(
        f"\n{len(places)} places × {len(payloads)} payloads: {len(looked.noted)} executions, "
        f"{len(outside.hits)} remote hits"
    )
    assert looked.noted == [], Counter(looked.noted).most_common(20)
    assert outside.hits == []
    assert len(places) >= 18
    assert len(payloads) == 40


def test_each_payload_stood_at_each_place(looked: Looked, payloads: list[Payload]) -> None:
    missing = {
        place: [p.mark for p in payloads if p.mark not in shown]
        for place, shown in looked.seen.items()
        if place not in WITHOUT_MARKS
    }
    assert {place: marks for place, marks in missing.items() if marks} == {}


# The eye sees


def test_what_does_run_is_noticed(
    chromium: Browser, outside: SimpleNamespace, payloads: list[Payload]
) -> None:
    """The same payloads in a page that lets them."""
    watch = Watch(chromium.new_context(), "http://localhost:1")
    for payload in payloads:
        watch.place = payload.mark
        watch.page.set_content(f"<body>{payload.text}</body>")
        watch.inspect()
        watch.page.wait_for_timeout(30)
    noticed = {note[:4] for note in watch.noted}
    kinds = {note.split(": ")[1].split()[0] for note in watch.noted}
    unseen = [p.name for p in payloads if p.mark not in noticed]
    hits, outside.hits[:] = len(outside.hits), []
    watch.context.close()
    print(
        f"\n{len(noticed)} of 40 act in a page without protection ({sorted(kinds)}), {hits} hits; "
        f"not: {unseen}"
    )
    assert {"executed", "armed", "request", "dialog"} <= kinds
    assert len(noticed) >= 30
    assert hits >= 5


def test_the_viewer_of_an_honest_picture_is_refused_the_same(chromium: Browser) -> None:
    """Why such complaints about files opened by themselves are no attack."""
    picture = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
    )
    watch = Watch(chromium.new_context(), "http://localhost:1")
    headers = {
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Content-Type": "image/png",
    }
    watch.page.route("**/*", lambda route: route.fulfill(body=picture, headers=headers))
    watch.open("/honest.png")
    watch.inspect()
    watch.context.close()
    print(Counter(note[:90] for note in watch.noted))
    assert watch.noted
    assert all(note.removeprefix(": console ").startswith(VIEWER) for note in watch.noted)
