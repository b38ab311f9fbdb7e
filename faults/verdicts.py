"""What must hold at the end, each with what speaks against it."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from faults.blows import Blow
from faults.browsers import Lag, Page
from faults.clients import ask, digest_of
from faults.ledger import Entry
from faults.sink import TOKEN, WatchfulSink
from faults.system import System

SHOWN = 5
SAMPLE = 80
# A socket hears at its next beat, after 15 s, what a lost signal should have told.
LATEST_PAGE = 25.0


@dataclass
class Verdict:
    name: str
    against: list[str] = field(default_factory=list)
    said: str = ""
    is_timed: bool = False  # depends on what else the machine does

    @property
    def holds(self) -> bool:
        return not self.against

    def as_json(self) -> dict[str, Any]:
        told = {"holds": self.holds, "said": self.said, "is_timed": self.is_timed}
        return told | {"against": self.against[:50]}


class Observed:
    """The messages there are, by the token in their words."""

    def __init__(self, system: System) -> None:
        self.messages: list[dict[str, Any]] = system.call("list_said")
        self.by_token: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for message in self.messages:
            for token in set(TOKEN.findall(message["body"])) or {""}:
                self.by_token[token].append(message)


def judge_messages(entries: dict[str, Entry], observed: Observed) -> list[Verdict]:
    """Jepsen's total queue over message rows."""
    acknowledged = {token for token, entry in entries.items() if entry.answer}
    lost = sorted(acknowledged - observed.by_token.keys())
    unexpected = sorted(observed.by_token.keys() - entries.keys())
    twice = [
        f"{token} ({len(found)} times, {entries[token].kind if token in entries else '?'})"
        for token, found in observed.by_token.items()
        if len(found) > 1
    ]
    recovered = (observed.by_token.keys() & entries.keys()) - acknowledged
    return [
        Verdict("lost", [f"{token} ({entries[token].kind})" for token in lost]),
        Verdict("unexpected", unexpected),
        Verdict("duplicated", twice, f"{len(recovered)} recovered"),
    ]


def judge_answers(
    entries: dict[str, Entry], observed: Observed, deliveries: dict[str, tuple[str, str]]
) -> Verdict:
    """What the clients were told it is known by leads to it."""
    wrong = []
    for token, entry in entries.items():
        found = observed.by_token.get(token, [])
        if not entry.answer or len(found) != 1:
            continue
        [message] = found
        if "delivery" in entry.answer:
            got = deliveries.get(entry.answer["delivery"])
            is_right = got == ("applied", message["id"])
        else:
            key = "ticket" if entry.kind == "ticket" else "id"
            got, is_right = None, entry.answer["id"] == message[key]
        if not is_right:
            wrong.append(f"{token} ({entry.kind}): answered {entry.answer}, found {got}")
    return Verdict("answers name what is there", wrong)


def judge_files(entries: dict[str, Entry], observed: Observed) -> Verdict:
    wrong, count = [], 0
    for token, entry in entries.items():
        if entry.kind != "file" or not observed.by_token.get(token):
            continue
        count += 1
        if observed.by_token[token][0]["files"] != [digest_of(token)]:
            wrong.append(f"{token}: its file is missing or another")
    return Verdict("files are whole", wrong, f"{count} files")


def judge_events(system: System, observed: Observed) -> list[Verdict]:
    """One event per message; numbers without a gap; nothing half done."""
    with system.connect() as connection:
        rows = connection.execute(
            "SELECT details->>'message', count(*), min(seq), min(ticket_id::text) FROM core_event "
            "WHERE name IN ('message.received', 'message.replied', 'message.noted') GROUP BY 1"
        ).fetchall()
        gaps = connection.execute(
            "SELECT t.id::text FROM tickets_ticket t LEFT JOIN core_event e ON e.ticket_id = t.id "
            "GROUP BY t.id, t.seq HAVING count(e.id) <> t.seq OR coalesce(max(e.seq), 0) <> t.seq"
        ).fetchall()
        half = connection.execute(HALF_DONE).fetchall()
    said = {row[0]: row[1:] for row in rows}
    wrong = [
        f"message {message['id']}: {said.get(message['id'])}"
        for message in observed.messages
        if said.pop(message["id"], None) != (1, message["seq"], message["ticket"])
    ]
    wrong += [f"event of no message: {pk}" for pk in said]
    return [
        Verdict("one event per message", wrong, f"{len(rows)} events"),
        Verdict("seq without a gap", [pk for (pk,) in gaps]),
        Verdict("nothing half done", [" ".join(map(str, row)) for row in half]),
    ]


HALF_DONE = """
SELECT 'ticket without a message', id::text FROM tickets_ticket t
WHERE NOT EXISTS (SELECT 1 FROM tickets_message m WHERE m.ticket_id = t.id)
UNION ALL SELECT 'message without search words', id::text FROM tickets_message m
WHERE NOT EXISTS (SELECT 1 FROM tickets_messageindex i WHERE i.message_id = m.id)
UNION ALL SELECT 'answer without delivery', id::text FROM tickets_message m
WHERE kind = 'public' AND direction = 'out' AND author_id IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM tickets_delivery d WHERE d.message_id = m.id)
UNION ALL SELECT 'customer twice', min(customer_id::text) FROM customers_identity
WHERE valid_to IS NULL GROUP BY kind, value_index HAVING count(*) > 1
UNION ALL SELECT 'sent twice in the books', details->>'message' FROM core_event
WHERE name = 'delivery.sent' GROUP BY 2 HAVING count(*) > 1
UNION ALL SELECT 'payload ' || state, id::text FROM connectors_rawdelivery WHERE state <> 'applied'
UNION ALL SELECT 'reaction ' || state, name FROM core_reaction
"""


def read_deliveries(system: System) -> dict[str, tuple[str, str]]:
    """What arrived and became what, by id."""
    rows = json.loads(system.manage("deliveries", "--json"))
    return {row["id"]: (row["state"], row["message"]) for row in rows}


def judge_timeline(system: System, observed: Observed, tickets: Iterable[str]) -> Verdict:
    """What the API shows of a ticket from its beginning is what there is of it."""
    wrong = []
    of_ticket: dict[str, set[str]] = defaultdict(set)
    for message in observed.messages:
        of_ticket[message["ticket"]].add(message["id"])
    headers = {"Authorization": f"Token {system.tokens['alice@demo.test']}"}
    chosen = list(tickets)
    for ticket in chosen:
        page, is_more = Page(ticket), True
        while is_more:
            path = f"/api/v1/tickets/{ticket}/changes/?after={page.head}"
            status, changes = ask(system.port, "GET", path, headers=headers)
            assert status == 200, (path, status)
            page.take(changes)
            is_more = changes["more"]
        if why := compare_page(page, of_ticket[ticket]):
            wrong.append(f"{ticket}: {why}")
    return Verdict("timeline", wrong, f"{len(chosen)} tickets")


def compare_page(page: Page, messages: set[str]) -> str:
    if sorted(page.events) != list(range(1, page.head + 1)):
        return f"{len(page.events)} events up to seq {page.head}"
    if page.messages.keys() != messages:
        return f"{len(page.messages)} of {len(messages)} messages"
    return ""


def judge_sockets(pages: list[Page], observed: Observed, heads: dict[str, int]) -> Verdict:
    """Each open page has all that happened, in its last state."""
    of_ticket: dict[str, dict[str, str]] = defaultdict(dict)
    for message in observed.messages:
        of_ticket[message["ticket"]][message["id"]] = message["delivery"]
    wrong = []
    for page in pages:
        why = compare_page(page, set(of_ticket[page.ticket]))
        if not why and page.head != heads[page.ticket]:
            why = f"ends at {page.head} of {heads[page.ticket]}"
        stale = [
            pk
            for pk, message in page.messages.items()
            if (message["delivery"] or {}).get("state", "") != of_ticket[page.ticket].get(pk)
        ]
        if why or stale:
            wrong.append(f"{page.ticket}: {why} {len(stale)} stale")
    return Verdict("open pages are complete", wrong, f"{len(pages)} pages")


def judge_lag(lags: list[Lag], blows: list[Blow]) -> Verdict:
    """A page may be late while something is broken and soon after, not until somebody reloads."""

    def seconds_after_blows(lag: Lag) -> float:
        ends = [b.ended for b in blows if lag.since - 1 < b.ended and b.began < lag.since + 1]
        return lag.since + lag.seconds - max([lag.since, *ends])

    late = [lag for lag in lags if seconds_after_blows(lag) > LATEST_PAGE]
    against = [f"{lag.ticket}: {lag.seconds:.0f} s behind" for lag in late]
    worst = lags[0].seconds if lags else 0.0
    return Verdict(f"no page is {LATEST_PAGE:.0f} s late", against, f"at most {worst:.1f} s")


def judge_search(system: System, observed: Observed, tokens: list[str]) -> Verdict:
    wrong = []
    headers = {"Authorization": f"Token {system.tokens['alice@demo.test']}"}
    for token in tokens:
        path = f"/api/v1/tickets/?view=all&q={token}"
        status, page = ask(system.port, "GET", path, headers=headers)
        assert status == 200, (path, status)
        hits = {row["id"] for row in page["results"]}
        if hits != {message["ticket"] for message in observed.by_token[token]}:
            wrong.append(f"{token}: {len(hits)} hits")
    return Verdict("search finds it", wrong, f"{len(tokens)} searched")


def judge_outgoing(
    entries: dict[str, Entry], observed: Observed, sink: WatchfulSink, *, senders: int
) -> list[Verdict]:
    """Every answer left, under one Message-ID; what left twice is known to be doubtful."""
    left = sink.ids_by_token()
    replies = {t for t, e in entries.items() if e.kind == "reply" and observed.by_token.get(t)}
    unsent = [f"{token}: never left" for token in sorted(replies - left.keys())]
    states = Counter(observed.by_token[token][0]["delivery"] for token in replies)
    unsent += [f"{count} in state {state}" for state, count in states.items() if state != "sent"]
    strangers = [f"{token or 'a mail'} left" for token in sorted(left.keys() - replies)]
    split = [f"{token}: {len(ids)} Message-IDs" for token, ids in left.items() if len(ids) > 1]
    repeats = sum(sink.repeats().values())
    too_many = [f"{repeats} repeats after {senders} blows"] if repeats > senders else []
    return [
        Verdict("every answer left", unsent, f"{len(replies)} answers"),
        Verdict("no other mail left", strangers),
        Verdict("one Message-ID each", split),
        Verdict("repeats within the blows", too_many, f"{repeats} repeats, {senders} allowed"),
    ]


OWN_ID = re.compile(r"hd\.([0-9a-f]{32})\.")


def judge_ambiguous(sink: WatchfulSink, ambiguous: set[str]) -> Verdict:
    """``ambiguous``: ids of messages."""
    repeated = {match[1] for pk in sink.repeats() if (match := OWN_ID.search(pk))}
    unlisted = sorted(repeated - {pk.replace("-", "") for pk in ambiguous})
    return Verdict("repeats are listed", unlisted, f"{len(ambiguous)} ambiguous")


def judge_feeds(counts: dict[str, Any]) -> list[Verdict]:
    faults = [
        f"{name}: {counts[name]}" for name in ("careful_lost", "careful_twice") if counts[name]
    ]
    feed = [
        f"{name}: {counts[name]}"
        for name in ("feed_lost", "feed_unexpected", "feed_twice")
        if counts[name]
    ]
    lost = counts["naive_lost"]
    return [
        Verdict("careful cursor loses nothing", faults, f"{counts['rows']} rows"),
        Verdict("the product's feed is complete", feed, f"{counts['events']} events"),
        Verdict(
            "the naive cursor is caught",
            [] if lost else ["it lost nothing: this run proves nothing"],
            f"lost {lost} of {counts['rows']} rows, {counts['naive_events_lost']} events",
        ),
    ]
