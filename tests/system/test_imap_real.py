"""A mailbox on a real dovecot: whatever is killed when, each of its mails is here once."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from helpdesk.services import BASE_DIR
from tests.system.deployment import Deployment, demand, until
from tests.system.dovecot import Dovecot, find_dovecot

pytestmark = pytest.mark.slow

CODE = "from tests.system import inside_mailbox; inside_mailbox.serve()"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    demand(bool(find_dovecot()), "There is no dovecot here: python bootstrap.py --dev --mail")
    server = Dovecot()
    try:
        yield server.start()
    finally:
        server.stop()


class Poller:
    """A process of the application that does what it is told, until it is killed."""

    def __init__(self, running: Deployment) -> None:
        self.running = running
        self.process: subprocess.Popen[str] | None = None

    def tell(self, function: str, *arguments: object) -> None:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, str(BASE_DIR / "manage.py"), "shell", "--no-imports", "-c", CODE],
                env=self.running.variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        print(json.dumps([function, arguments]), file=self.process.stdin, flush=True)

    def hear(self) -> Any:
        return json.loads(self.process.stdout.readline())

    def call(self, function: str, *arguments: object) -> Any:
        self.tell(function, *arguments)
        return self.hear()

    def bury(self) -> int:
        process, self.process = self.process, None
        return process.wait(60)

    def stop(self) -> None:
        if self.process:
            self.process.stdin.close()
            self.bury()


@pytest.fixture(scope="module")
def pollers(running: Deployment) -> Iterator[list[Poller]]:
    both = [Poller(running), Poller(running)]
    yield both
    for poller in both:
        poller.stop()


class Box:
    """One user of the dovecot and the inbox that reads its mail."""

    count = 0

    def __init__(self, pollers: list[Poller], dovecot: Dovecot, folder: str) -> None:
        Box.count += 1
        self.user = f"box{Box.count}@demo.test"
        self.pollers, self.dovecot = pollers, dovecot
        self.call("add_mailbox", self.user, dovecot.port, folder)
        self.poll()

    def call(self, function: str, *arguments: object) -> Any:
        return self.pollers[0].call(function, *arguments)

    def put(self, *words: str, seen: bool = False) -> None:
        self.dovecot.put(self.user, *words, seen=seen)

    def poll(self) -> int:
        return self.call("poll", self.user)

    def die(self, moment: str, after: int) -> None:
        self.pollers[0].tell("poll_and_die", self.user, moment, after)
        assert self.pollers[0].bury() == -signal.SIGKILL

    def places(self) -> list[list[int]]:
        return self.call("places", self.user)

    def said(self) -> Counter[str]:
        """How often each mail is a message by now."""
        self.pollers[0].running.wait_idle()
        return Counter(message["body"].strip() for message in self.call("list_said", self.user))


@pytest.fixture
def box(pollers: list[Poller], dovecot: Dovecot, request: pytest.FixtureRequest) -> Box:
    return Box(pollers, dovecot, getattr(request, "param", ""))


def words(count: int, name: str = "mail") -> list[str]:
    return [f"{name} {number:03}" for number in range(count)]


def once(wanted: list[str]) -> Counter[str]:
    return Counter(wanted)


@pytest.mark.parametrize("box", ["Done"], indirect=True)
@pytest.mark.parametrize("moment", ["before commit", "before seen", "before move"])
def test_a_poller_killed_between_two_mails_loses_and_doubles_none(box: Box, moment: str) -> None:
    box.put(*words(5))
    for after in (2, 0):
        box.die(moment, after)
    box.poll()
    assert box.said() == once(words(5))
    assert box.dovecot.uids(box.user) == []
    assert len(box.dovecot.uids(box.user, "SEEN", "Done")) == 5
    assert box.poll() == 0


def test_mails_numbered_anew_stay_one_each(box: Box) -> None:
    box.put(*words(4))
    box.poll()
    before = box.places()
    box.dovecot.renumber(box.user)
    box.put("after all")
    box.poll()
    box.poll()
    after = box.places()
    assert {validity for validity, _ in before} != {validity for validity, _ in after}
    assert len({validity for validity, _ in after}) == 1
    assert box.said() == once([*words(4), "after all"])


def test_two_pollers_at_once_make_one_of_each(box: Box) -> None:
    box.put(*words(40))
    for poller in box.pollers:
        poller.call("places", box.user)  # Both are awake now.
    for poller in box.pollers:
        poller.tell("poll", box.user)
    print(f"\nfound by the two: {[poller.hear() for poller in box.pollers]}")
    assert box.said() == once(words(40))
    assert box.dovecot.uids(box.user, "UNSEEN") == []


def test_a_mail_deleted_under_us_stops_no_other(box: Box) -> None:
    box.put(*words(5))
    victim = box.dovecot.uids(box.user)[2]
    found = box.call("poll_while_deleting", box.user, victim)
    print(f"\ndeleted under us: {found}")
    box.poll()
    assert box.said() == once([word for word in words(5) if word != "mail 002"])


def test_the_audit_fetches_what_was_passed_over_though_it_was_read(
    running: Deployment, box: Box
) -> None:
    box.put(*words(6), seen=True)
    box.poll()
    running.wait_idle()
    box.call("forget_rows", box.user, 2)
    assert box.poll() == 0
    assert box.call("audit", box.user) == 2
    assert box.call("audit", box.user) == 0
    assert len(box.places()) == 6


def test_many_mails_and_many_killed_pollers(box: Box) -> None:
    wanted = words(60)
    for begin, moment in ((0, "before commit"), (30, "before seen")):
        box.put(*wanted[begin : begin + 30])
        box.die(moment, 12)
    box.poll()
    assert box.said() == once(wanted)
    assert len(box.places()) == 60


def test_the_running_system_hears_of_a_mail_at_once(
    running: Deployment, dovecot: Dovecot, pollers: list[Poller]
) -> None:
    """IDLE, by the mail listener as it runs."""
    user, poller = "idle@demo.test", pollers[0]
    poller.call("add_mailbox", user, dovecot.port, "", True)
    condition = f"address = '{user}' AND healthy_at IS NOT NULL"
    until(
        lambda: running.count("connectors_inbox", condition), "the mailbox is watched", seconds=60
    )
    for word in words(3, "idle"):
        dovecot.put(user, word)
        started = time.monotonic()
        until(
            lambda: word in {m["body"].strip() for m in poller.call("list_said", user)},  # noqa: B023
            "the mail is a message",
            seconds=30,
        )
        print(f"\n{word}: a message after {time.monotonic() - started:.2f} s")
