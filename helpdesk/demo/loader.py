"""A shop's last ninety days, told through the same actions that real days go through."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.actions import add_team, add_user
from accounts.models import Team, User
from automation.actions.clocks import refold_open
from bots.actions.training import ask_training
from connectors.actions import add_brand, add_inbox, store_raw
from connectors.messages import Address, InboundAttachment, InboundMessage, Verdicts
from connectors.models import Inbox
from connectors.queries import make_reply_address
from core import audit, clock, events
from customers.actions import (
    add_customer,
    add_identity,
    add_organisation,
    change_tier,
    record_consent,
)
from customers.models import Customer, Tier
from helpdesk.demo.afterwards import follow_up
from helpdesk.demo.articles import write_articles
from helpdesk.demo.bots import add_pip
from helpdesk.demo.chats import open_chat, steps_of_chats
from helpdesk.demo.complaints import take_up_complaints
from helpdesk.demo.forms import offer_forms
from helpdesk.demo.house import set_up_house
from helpdesk.demo.intents import write_intents
from helpdesk.demo.macros import write_macros
from helpdesk.demo.promises import make_promises
from helpdesk.demo.routing import share_out_work
from helpdesk.demo.suites import write_suite
from helpdesk.demo.telling import CLOSED_AFTER, CONTENT, Telling, Turn, read_content, tell_all
from helpdesk.demo.views import keep_views
from helpdesk.demo.work import hang_work_on
from livechat.models import ChatWidget
from tickets import actions
from tickets.models import Delivery, Message, Priority, ReadMark, Ticket

TYPES = {".png": "image/png", ".pdf": "application/pdf", ".csv": "text/csv", ".txt": "text/plain"}


@dataclass(slots=True)
class Shop:
    teams: dict[str, Team] = field(default_factory=dict)
    inboxes: dict[str, Inbox] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    widgets: list[ChatWidget] = field(default_factory=list)


def load(password: str, *, rng: random.Random | None = None) -> int:
    """Make the shop, its people and its history; say how many tickets there are.

    Precondition: ``set_up`` has run. Nothing is sent and nothing reacts: it is history.
    """
    rng = rng or random.Random(20418)  # noqa: S311  the same shop on every machine
    now = clock.now().replace(microsecond=0)
    tellings = tell_all(now, rng)
    steps: list[tuple[datetime, int, Callable[[], None]]] = []
    shop = Shop()
    # One transaction: a shop that was stopped half-way would later count as loaded.
    with events.history(), events.through("demo"), transaction.atomic():
        with clock.at(now - timedelta(days=140)):
            _open_shop(shop, password)
        for telling in tellings:
            for at, act in _steps_of(telling, shop, rng):
                steps.append((at, len(steps), act))
        chats = steps_of_chats(
            now,
            find_widget=lambda: shop.widgets[0],
            people=shop.people,
            customers=shop.customers,
        )
        for at, act in chats:
            steps.append((at, len(steps), act))
        for at, _, act in sorted(steps, key=lambda step: step[:2]):
            with clock.at(min(at, now)):
                act()
        _add_troubles(rng)
        hang_work_on(agents=list(shop.people.values())[1:4])
        _mark_read(shop, now)
        follow_up(shop.people, rng)
        take_up_complaints(shop.people)
        _hire_pip(shop)
        refold_open()
        with events.happening():
            _receive_strange_mails(shop)
            ask_training(actor=None)
    audit.seal(everything=True, checkpoint=True)
    return len(tellings)


# The shop and its people


def _open_shop(shop: Shop, password: str) -> None:
    lexicon = read_content("lexicon")
    for key, name in (("support", "Support"), ("billing", "Billing"), ("vip", "VIP care")):
        shop.teams[key] = add_team(name)
    brand = add_brand(lexicon["shop"]["en"])
    for key in ("support", "billing"):
        shop.inboxes[key] = add_inbox(
            brand=brand,
            kind=Inbox.Kind.MAIL,
            name=shop.teams[key].name,
            address=f"{key}@demo.test",
            team=shop.teams[key],
        )
    shop.widgets.append(open_chat(shop.inboxes["support"], team=shop.teams["support"]))
    Tier.objects.filter(code="vip").update(team=shop.teams["vip"])
    _hire(shop, lexicon, password)
    supervisor = shop.people[lexicon["supervisor"]["key"]]
    write_macros(shop.teams, actor=supervisor)
    offer_forms()
    admin = shop.people[lexicon["admin"]["key"]]
    set_up_house(lexicon["shop"]["en"], teams=shop.teams, actor=admin)
    make_promises(actor=admin)
    share_out_work(shop.teams, people=shop.people, actor=admin)
    agent = shop.people[lexicon["agents"][0]["key"]]
    write_articles(brand, author=agent, reviewer=supervisor)
    write_intents()
    keep_views(shop.teams, supervisor=supervisor, agent=agent)
    for row in read_content("customers"):
        shop.customers[row["key"]] = _meet(row)


def _hire_pip(shop: Shop) -> None:
    """Last of all: what was said before was said to people."""
    widget = shop.widgets[0]
    admin = shop.people[read_content("lexicon")["admin"]["key"]]
    inboxes = [widget.inbox, shop.inboxes["support"]]
    pip = add_pip(widget.inbox.brand, inboxes=inboxes, actor=admin)
    write_suite(pip, actor=admin)


def _hire(shop: Shop, lexicon: dict[str, Any], password: str) -> None:
    roles = [("admin", lexicon["admin"], []), ("supervisor", lexicon["supervisor"], [*shop.teams])]
    roles += [("agent", agent, agent["teams"]) for agent in lexicon["agents"]]
    secret = make_password(password)
    for role, person, teams in roles:
        user = add_user(
            f"{person['key']}@demo.test",
            name=person["name"],
            role=role,
            teams=[shop.teams[key] for key in teams],
            timezone="Europe/London",
        )
        user.password = secret
        user.save(update_fields=["password"])
        shop.people[person["key"]] = user


def _meet(row: dict[str, Any]) -> Customer:
    organisation = (
        add_organisation(row["organisation"], actor=None) if row["organisation"] else None
    )
    customer = add_customer(
        name=row["name"],
        email=row["emails"][0],
        phone=row.get("phone") or "",
        actor=None,
        organisation=organisation,
        locale=row["locale"],
        timezone=row["timezone"],
        notes=row["notes"],
        verified_by="import",
    )
    for email in row["emails"][1:]:
        add_identity(customer, kind="email", value=email, actor=None)
    tier = Tier.objects.get(code=row["tier"])
    if tier != customer.tier:
        change_tier(customer, actor=None, tier=tier, reason=row.get("tier_reason") or "")
    for purpose, action in row["consents"].items():
        if action == "withdrawn":
            record_consent(
                customer, purpose=purpose, action="granted", channel="portal", actor=None
            )
            with clock.at(clock.now() + timedelta(days=60)):
                record_consent(
                    customer, purpose=purpose, action="withdrawn", channel="mail", actor=None
                )
        else:
            record_consent(customer, purpose=purpose, action=action, channel="portal", actor=None)
    return customer


# One ticket's life


class _Life:
    """Tells one story; the ticket appears with its first turn."""

    def __init__(self, telling: Telling, shop: Shop) -> None:
        self.telling = telling
        self.shop = shop
        self.ticket: Ticket | None = None
        self.agent = shop.people[telling.agent["key"]]
        self.email = telling.customer["emails"][0]
        self.name = telling.customer["name"]

    @property
    def known(self) -> Ticket:
        assert self.ticket is not None  # noqa: S101  every story begins with a customer
        return self.ticket

    def take(self, turn: Turn) -> None:
        match turn.by:
            case "customer":
                self.hear(turn)
            case "agent":
                status = "resolved" if turn.event == "resolve" else "waiting_customer"
                message = actions.reply(self.known, actor=self.agent, body=turn.text, status=status)
                self.attach(message, turn)
            case _:
                self.attach(
                    actions.add_note(self.known, actor=self.author_of(turn), body=turn.text), turn
                )

    def hear(self, turn: Turn) -> None:
        inbox = self.shop.inboxes[self.telling.story["inbox"]]
        address = inbox.address or ""
        if self.ticket:
            address = make_reply_address(address, ticket_id=self.ticket.pk, participant=self.email)
        # A report that opens the story belongs to no answer of ours, so it is told as automatic.
        kind = "auto_reply" if turn.kind else Message.Classification.PERSON
        number = 0 if self.ticket is None else self.ticket.seq
        message = actions.receive_message(
            inbox,
            InboundMessage(
                external_id=f"<{id(self):x}.{number}.{turn.at.timestamp():.0f}@mail.example>",
                sender=Address(self.name, self.email),
                to=[Address("", address)],
                subject=self.telling.subject,
                text=turn.text,
                html=turn.html,
                classification=kind,
                attachments=_files_of(turn),
                verdicts=Verdicts(spf="pass", dkim="pass", dmarc="pass"),
            ),
        )
        is_first = self.ticket is None
        self.ticket = message.ticket
        if is_first:
            self.sort_in()
        if turn.event == "urgent":
            actions.set_priority(self.known, actor=self.agent, priority=Priority.URGENT)

    def sort_in(self) -> None:
        story = self.telling.story
        with clock.at(clock.now() + timedelta(seconds=40)):
            if story["tags"]:
                actions.set_tags(self.known, actor=None, tags=story["tags"])
            actions.set_type(self.known, actor=None, type=story["type"])
            priority = Priority[story["priority"].upper()]
            if priority != Priority.NORMAL:
                actions.set_priority(self.known, actor=None, priority=priority)
            team = self.shop.teams[story["team"]]
            if self.known.team_id != team.pk:
                actions.move_to_team(self.known, actor=None, team=team)

    def author_of(self, turn: Turn) -> User:
        if turn.author == "supervisor":
            return self.shop.people["supervisor"]
        if turn.author == "colleague":
            keys = [a["key"] for a in read_content("lexicon")["agents"]]
            team = self.telling.story["team"]
            teams = {a["key"]: a["teams"] for a in read_content("lexicon")["agents"]}
            others = [k for k in keys if k != self.telling.agent["key"] and team in teams[k]]
            return self.shop.people[others[len(turn.text) % len(others)]] if others else self.agent
        return self.agent

    def attach(self, message: Message, turn: Turn) -> None:
        for file in _files_of(turn):
            actions.attach(
                self.known,
                message,
                filename=file.filename,
                content_type=file.content_type,
                content=file.content,
            )

    def move(self, status: str) -> None:
        ticket = Ticket.objects.select_related("status").get(pk=self.known.pk)
        if ticket.status.code != status:
            actions.move_to_status(ticket, actor=self.agent, status=status)


def _files_of(turn: Turn) -> list[InboundAttachment]:
    if not turn.attach:
        return []
    path = CONTENT / "files" / turn.attach
    return [InboundAttachment(turn.attach, TYPES[path.suffix], path.read_bytes())]


def _steps_of(
    telling: Telling, shop: Shop, rng: random.Random
) -> Iterator[tuple[datetime, Callable[[], None]]]:
    life = _Life(telling, shop)
    for turn in telling.turns:
        yield turn.at, _bind(life.take, turn)
    last = telling.turns[-1].at
    ends = telling.story["ends"]
    if ends in ("open", "waiting_third_party", "waiting_customer"):
        yield last + timedelta(minutes=2), _bind(life.move, ends)
    elif ends in ("resolved", "closed"):
        yield last + timedelta(minutes=rng.randint(1, 20)), _bind(life.move, "resolved")
        if ends == "closed":
            yield last + CLOSED_AFTER * rng.uniform(0.3, 1), _bind(life.move, "closed")


def _bind(function: Callable[[Any], None], value: Any) -> Callable[[], None]:
    return lambda: function(value)


# What else a real house has


def _add_troubles(rng: random.Random) -> None:
    """A few answers that did not arrive, so that the page for it has something to show."""
    answers = list(Delivery.objects.filter(state=Delivery.State.SENT).order_by("-sent_at")[:60])
    for delivery in rng.sample(answers, 3):
        actions.mark_failed(
            delivery,
            problem="550 5.1.1 The mailbox does not exist.",
            provider_code="550",
            is_retriable=False,
        )


def _mark_read(shop: Shop, now: datetime) -> None:
    """People have read what is older than a day, and their own."""
    for user in shop.people.values():
        ReadMark.objects.bulk_create(
            ReadMark(user=user, ticket=ticket, seq=ticket.seq)
            for ticket in Ticket.objects.visible_to(user).only("seq", "last_at", "assignee_id")
            if now - ticket.last_at > timedelta(hours=30)
            or (ticket.assignee_id == user.pk and ticket.pk.int % 3)
        )


def _receive_strange_mails(shop: Shop) -> None:
    """Two mails that belong into quarantine; the workers read them like any other."""
    mails = {
        "two-senders": b"From: one@example.org\r\nFrom: two@example.org\r\n"
        b"To: support@demo.test\r\n"
        b"Subject: Which of us?\r\nMessage-ID: <two-senders@example.org>\r\n\r\nHello?\r\n",
        "own-address": b"From: support@demo.test\r\nTo: support@demo.test\r\n"
        b"Subject: Your account\r\nMessage-ID: <own@example.org>\r\n\r\nPlease confirm.\r\n",
    }
    for external_id, raw in mails.items():
        store_raw(
            shop.inboxes["support"], raw=raw, source="smtp", external_id=external_id, envelope={}
        )
