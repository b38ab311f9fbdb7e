"""Every event of a ticket has a sentence with who did it and why; none shows its code."""

import ast
import re
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pytest

from core import events
from core.clock import now
from core.models import Event
from tickets import actions
from tickets.queries import thread
from tickets.templatetags import ticket_parts
from tickets.templatetags.event_causes import SENTENCES
from tickets.templatetags.event_words import describe_event
from tickets.views.timeline import Entry

APP = Path(actions.__file__).parent.parent
EVENT = re.compile(r"(ticket|message|delivery|side|macro|checklist|suggestion)\.[a-z]+(_[a-z]+)*")
# Recorded, but on no ticket.
OFF_TICKET = {
    "macro.added",
    "macro.changed",
    "macro.removed",
    "delivery.received",
    "delivery.refiled",
}


def names_in_code():
    for path in chain((APP / "actions").rglob("*.py"), [APP / "reactions.py"]):
        for node in ast.walk(ast.parse(path.read_text())):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and EVENT.fullmatch(node.value):
                yield node.value


NAMES = sorted(set(names_in_code()) - OFF_TICKET - thread._SILENT)


def event_of(name, **details):
    return Event(name=name, at=now(), actor_kind="user", seq=3, details=details, via="ui", mac=b"")


def entry_of(event, **words):
    actor = SimpleNamespace(pk=event.actor_id, name="Alice Moreau")
    item = SimpleNamespace(event=event, message=None, actor=actor, seq=event.seq)
    usual = dict.fromkeys(("assignee", "previous", "team", "by_me", "to_me", "took"), "")
    return Entry(item, now().date(), words=usual | words)


def test_the_walk_finds_what_is_recorded():
    assert {"ticket.assigned", "ticket.merged", "ticket.split", "macro.applied"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_event_has_a_sentence(name):
    event = event_of(name, number=7)
    has_own = (
        name in ticket_parts._SENTENCES
        or name in SENTENCES
        or describe_event(event, "Alice") is not None
    )
    assert has_own, f"{name} has no sentence (tickets/templatetags/event_words.py)"


@pytest.mark.parametrize("name", [*NAMES, "ticket.frobnicated_anew"])
def test_no_sentence_shows_a_code(name):
    line = str(ticket_parts.event_line(entry_of(event_of(name, number=7))))
    words = re.sub(r"<[^>]*>", "", line)
    assert words.strip()
    assert "_" not in words
    assert name not in words
    assert name.partition(".")[2].replace("_", " ") != words


@pytest.mark.parametrize(
    ("via", "kind", "details", "words", "why"),
    [
        ("ui", "user", {}, {}, ""),
        ("api", "user", {}, {}, "(through the API)"),
        ("mail", "system", {}, {}, "(after a mail came in)"),
        ("ui", "user", {"undone": True}, {}, "(taken back)"),
        ("ui", "user", {}, {"by_macro": "Say thanks"}, "(by the macro Say thanks)"),
        ("ui", "user", {"instead_of": "x"}, {}, "(instead of somebody who is out of office)"),
    ],
)
def test_the_cause_is_said(via, kind, details, words, why):
    event = event_of("ticket.resolved", **details)
    event.via, event.actor_kind = via, kind
    line = re.sub(r"<[^>]*>", "", str(ticket_parts.event_line(entry_of(event, **words))))
    assert line.endswith(why) if why else "(" not in line


def test_many_changes_in_a_row_are_one_line(ticket, alice, bob, sign_in):
    for tag in ("a", "b", "c"):
        actions.set_tags(ticket, actor=bob, tags=[tag])
    page = sign_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()
    assert 'class="events"' not in page

    actions.set_priority(ticket, actor=bob, priority=40)

    page = sign_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()
    assert page.count('class="events"') == 1
    assert "4 changes by Bob Achterberg" in page
    assert page.count('<p class="event"') == 4


def test_changes_of_two_people_are_not_mixed(ticket, alice, bob, sign_in):
    for tag, who in (("a", bob), ("b", alice), ("c", bob), ("d", alice)):
        actions.set_tags(ticket, actor=who, tags=[tag])
    assert 'class="events"' not in sign_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()


def test_what_a_macro_did_is_said_to_be_the_macros(ticket, alice, admin, sign_in):
    steps = [{"do": "add_tags", "value": ["thanks"]}]
    macro = actions.save_macro(None, actor=admin, name="Say thanks", body="", actions=steps)
    with events.through("ui"):
        actions.apply_macro(macro, ticket=ticket, actor=alice)

    page = sign_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()

    assert "(by the macro Say thanks)" in page
