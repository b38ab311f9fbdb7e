"""Who may do what. A new route, socket event or writable key without its row in
tests/permission_rows.py fails here, and the message says what to add."""

from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib import admin as back_office
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts.actions import add_user
from accounts.models import Calendar, User
from automation.actions.policies import save_draft as draft_policy
from automation.actions.rule_running import run_rules
from automation.actions.rules import enable_rule, save_rule
from automation.models import (
    Skill,
    SkillRule,
    TriageGuess,
    TriageModel,
    Webhook,
    WebhookDelivery,
    WebhookFeed,
)
from automation.queries.rules import compile_version
from automation.rules.shapes import Cause
from automation.webhooks.signing import new_secret
from bots.actions import add_bot, publish_flow, save_draft, save_tool
from bots.actions.evaluation import add_suite, save_case
from bots.actions.teaching import add_entity_type, add_intent, teach
from bots.models import (
    CopilotUse,
    Dialogue,
    Gap,
    ReleaseWatch,
    Run,
    Trial,
    Turn,
    UnderstandingModel,
    Verification,
)
from bots.queries.understanding import installed_encoders
from connectors.actions import block_sender, mark_applied, quarantine, store_raw, suppress
from connectors.models import Brand
from core.api import StrictSerializer
from core.clock import now
from core.models import Event
from customers.actions import add_field, add_tier
from customers.actions.importing import begin_import, check_import, start_import
from customers.models import TierRule
from helpdesk.sockets import websocket_urlpatterns
from knowledge.actions import add_article, add_category, add_test_question, take_step
from knowledge.actions.files import add_file
from livechat import actions as chats
from livechat.actions import add_widget
from livechat.models import ProactiveMessage
from quality.models import CallBack, Coaching, Dispute, Inspection, Practice, Review, Rubric
from surveys.actions.complaints import make_complaint
from surveys.actions.definitions import publish as publish_survey
from surveys.actions.definitions import save_draft as save_survey_draft
from surveys.actions.definitions import save_survey
from surveys.models import Answer, Invitation, RecoveryTask
from surveys.models import Cause as CauseOfScore
from tests.conftest import sign_in_as
from tests.permission_rows import (
    ALL,
    BACK_OFFICE,
    CANARY,
    FIRST,
    NEVER_WRITABLE,
    PLAIN_KEYS,
    PORTAL,
    REFERENCES,
    ROLES,
    ROUTES,
    SIGNED_OUT,
    SOCKETS,
    WRITABLE_HERE,
    Row,
)
from tickets import actions, consumers
from tickets.actions.base import rooms_of
from tickets.models import Suggestion

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Routes of libraries; each kind has a test of its own below.
PREFIXES = ("account_", "mfa_", "admin:", "tickets:portal")
# Tickets and the API have most of the routes; a world is made for each of the three.
AREAS = ("tickets", "api", "rest")
PORTAL_TAKES_POST = {
    "portal", "portal_new", "portal_sign_in", "portal_code", "portal_link", "portal_account",
    "portal_follow", "portal_helped",
}  # fmt: skip
# A secret that nobody at all is told.
SECRET = "s3cr3t-canary"


def in_area(area: str) -> dict[str, Row]:
    return {name: row for name, row in ROUTES.items() if area_of(name) == area}


def area_of(name: str) -> str:
    space = name.partition(":")[0]
    return space if space in AREAS else "rest"


# The world that is asked about


@pytest.fixture
def people(mallory, wei, light, alice, supervisor, admin):
    alice.password = SECRET
    alice.save()
    return dict(zip(ROLES, (None, mallory, wei, light, alice, supervisor, admin), strict=True))


@pytest.fixture
def clients(people):
    return {role: client_of(user) for role, user in people.items()}


def client_of(user: User | None) -> Client:
    given = {"raise_request_exception": False}
    return sign_in_as(user, **given) if user else Client(**given)


@pytest.fixture
def world(people, ticket, inbox, billing_inbox, carol, bob, admin):
    """Carol's ticket with everything in it, all of it saying the canary."""
    alice = people["agent"]
    asked = ticket.messages.get()
    asked.html, asked.body = f"<p>{CANARY}</p>", CANARY
    asked.save()
    inbox.credentials = {"password": SECRET}
    inbox.save()
    failed = actions.reply(ticket, actor=bob, body=f"{CANARY} failed")
    actions.mark_failed(actions.start_sending(failed.pk), problem="p", is_retriable=True)
    scheduled = actions.reply(ticket, actor=alice, body=f"{CANARY} scheduled")
    noted = actions.add_note(ticket, actor=bob, body=f"{CANARY} noted", client_id=uuid4())
    around = work_around(ticket, carol, inbox, alice)
    return {
        "ticket": ticket,
        "message": asked,
        "failed": failed,
        "scheduled": scheduled,
        "draft_file": upload(ticket, alice),
        "other_file": upload(ticket, bob),
        "other_client_id": noted.client_id,
        "customer": carol,
        "tier": carol.tier,
        "inbox": inbox,
        "other_inbox": billing_inbox,
        "billing": billing_inbox.team,
        "light": people["light"],
        "supervisor": people["supervisor"],
        "delivery": set_aside(inbox),
        "strange_delivery": set_aside(inbox, sender="Eve <eve@example.net>"),
        "raw_message": raw_behind(asked),
        "number": ticket.number,
        "suggestion": Suggestion.objects.create(
            ticket=ticket, other=another_of(carol, inbox), reason="subject"
        ),
        **around,
        "brand": inbox.brand,
        "import_run": checked_import(people["supervisor"]),
        "running_import": start_import(
            checked_import(people["supervisor"]), actor=people["supervisor"]
        ),
        "support": inbox.team,
        **what_is_set_up(admin, inbox),
        **composing(ticket, people),
        "saved_view": actions.create_view(
            actor=alice, name="View", filter={"all": []}, scope=str(inbox.team.pk)
        ),
        "sender_block": block_sender("spam@example.com", actor=admin),
        "suppression": suppress("gone@example.com", reason="bounce"),
        **chatting(inbox),
        **what_is_known(),
        **what_is_routed(),
        **what_is_guessed(ticket, carol),
        **who_is_told(ticket),
        **what_is_taught(),
        **(bots := with_a_bot(inbox)),
        **evaluated(bots["bot"], around["sibling"]),
        **with_rules(ticket),
        **surveyed(ticket),
        **inspected(ticket, people),
        "policy": draft_policy(
            None,
            actor=None,
            name="Silver",
            conditions={},
            targets=[{"metric": "resolution", "minutes": {"": 60}}],
        ).policy,
        "copilot_use": CopilotUse.objects.create(
            ticket=ticket,
            user=alice,
            kind="summary",
            state="done",
            made={"facts": [["open", CANARY]]},
        ),
    }


def inspected(ticket, people):
    """Alice's conversation judged, reviewed by Susan, disputed; coaching, practice, a call-back."""
    alice, live = people["agent"], Rubric.objects.get(state="live")
    Rubric.objects.create(number=99, criteria=live.criteria)
    message = ticket.messages.first()
    evidence = [[str(message.pk), 0, len(CANARY)]]
    inspection = Inspection.objects.create(
        ticket=ticket,
        cycle=0,
        resolved_at=now(),
        rubric=live,
        agent=alice,
        inbox=ticket.inbox,
        results={"rude_tone": {"state": "fault", "evidence": evidence}},
        faults=["rude_tone"],
        score=40,
    )
    about = {"inspection": inspection}
    return {
        **about,
        "review": Review.objects.create(
            **about, week="2026-01-05", stratum="low", reviewer=people["supervisor"]
        ),
        "dispute": Dispute.objects.create(
            **about, criterion="no_greeting", reason=CANARY, raised_by=alice
        ),
        "coached": alice,
        "coaching": Coaching.objects.create(agent=alice, criterion="rude_tone", words=CANARY),
        "practice": Practice.objects.create(agent=alice, scenario="late-parcel"),
        "call_back": CallBack.objects.create(customer=ticket.customer, ticket=ticket),
    }


def what_is_routed():
    skill = Skill.objects.create(code="devices", name="Devices")
    return {"skill": skill, "skill_rule": SkillRule.objects.create(skill=skill)}


def what_is_guessed(ticket, carol):
    return {
        "triage_model": TriageModel.objects.create(number=1, state="ready"),
        "guess": TriageGuess.objects.create(
            ticket=ticket, field="type", value="incident", confidence=0.8, source="learned"
        ),
        "tier_rule": TierRule.objects.create(tier=carol.tier, tickets=3),
    }


def who_is_told(ticket):
    """A webhook that leads inside, so that nothing is called, and an event for it."""
    webhook = Webhook.objects.create(name="ERP", url="https://127.0.0.1/in", secret=new_secret())
    WebhookFeed.objects.get_or_create(only=True)
    event = Event.objects.filter(ticket_id=ticket.pk).first()
    payload = {"type": event.name, "data": {"ticket": None}}
    delivery = WebhookDelivery.objects.create(
        webhook=webhook, event=event, place=0, name=event.name, payload=payload, state="dead"
    )
    return {"webhook": webhook, "webhook_delivery": delivery}


def with_a_bot(inbox):
    """It answers nowhere; its flow is published."""
    bot = add_bot(inbox.brand, name="Pip", actor=None, languages=["en"])
    outline = "flow order_status\nwhen order_status\nsay\n  en: Hello\n"
    flow = save_draft(bot, outline, actor=None)
    publish_flow(flow, actor=None)
    tool = save_tool(bot, name="find_order", actor=None, url="https://shop.example/find/")
    return {"bot": bot, "flow": flow, "tool": tool}


def evaluated(bot, ticket):
    """A suite with a test that was played, a trial, a month with a sampled answer."""
    suite = add_suite(bot, name="Every day", is_gating=False, bar=90, actor=None)
    given = {"name": "c", "turns": ["Where is it?"], "expect": {"solved": True}}
    case = save_case(suite, given, actor=None, kind="question")
    asked = ticket.messages.first()
    dialogue = Dialogue.objects.create(thread=asked.thread, ticket=ticket, bot=bot)
    turn = Turn.objects.create(dialogue=dialogue, message=asked, said=CANARY)
    month = Verification.objects.create(bot=bot, month="2026-01-01")
    return {
        "suite": suite,
        "case": case,
        "run": Run.objects.create(suite=suite, state="done", done_at=now()),
        "trial": Trial.objects.create(bot=bot, share=20),
        "turn": turn,
        "verification": month,
        "checked": month.checked.create(turn=turn, way="understanding"),
        "release_alarm": ReleaseWatch.objects.create(
            bot=bot,
            releases=[{"kind": "flow", "name": "order_status", "number": 2}],
            state="alarmed",
            alarmed_at=now(),
            measure="complaints",
            before={"complaints": [1, 60]},
            after={"complaints": [9, 40]},
        ),
    }


def what_is_taught():
    """An intent with a sentence, a kind of entity, and a version that could be used."""
    intent = add_intent(actor=None, slug="order_status", names={"en": "Where is my order"})
    lesson = teach(intent, lines=["Where is my order?"], actor=None, language="en")
    model = UnderstandingModel.objects.create(
        number=1, state="ready", encoders=installed_encoders(), report={}
    )
    kind = add_entity_type(
        actor=None,
        slug="product",
        names={"en": "Product"},
        kind="list",
        entries=[{"value": "luna", "words": ["Luna"]}],
    )
    return {
        "intent": intent,
        "intent_example": lesson.added[0],
        "entity_type": kind,
        "understanding": model,
    }


def with_file(article):
    by = User.objects.get(email="admin@demo.test")
    return add_file(article, filename="a.txt", content=BytesIO(b"a"), actor=by)


def what_is_known():
    """An article for agents in writing, and one that everybody reads."""
    shelf = add_category(actor=None, names={"en": "Lamps"})
    given = {"actor": None, "language": "en", "title": "Lamps", "body": "They glow."}
    version = add_article(shelf, audience="agents", **given)
    is_open = take_step(add_article(shelf, **given), step="publish", actor=None)
    asked = add_test_question(version.article, text="Do they glow?", language="en", actor=None)
    return {
        "shelf": shelf,
        "test_question": asked,
        "article_file": with_file(version.article),
        "open_file": with_file(is_open.article),
        "gap": Gap.objects.create(language="en", title="q?", centre=b"", encoder="e", size=1),
        "empty_shelf": add_category(actor=None, names={"en": "Empty"}),
        "article": version.article,
        "version": version,
        "open_article": is_open.article,
    }


def chatting(inbox):
    """A visitor who has said the canary in a chat of Support."""
    widget = add_widget(inbox.brand, name="Shop", team=inbox.team, key="the-widget")
    visitor, _ = chats.meet_visitor(widget, locale="en")
    opening = chats.Opening(client_id=uuid4(), text=f"{CANARY} chat")
    chat = chats.begin_chat(visitor, opening, language="en")
    ProactiveMessage.objects.create(pk=FIRST["row"], widget=widget, texts={"en": "Hello"})
    return {"chat": chat, "chat_ticket": chat.ticket, "chat_inbox": widget.inbox}


def composing(ticket, people):
    """A macro for everybody that Alice has applied, and a draft that Bob shares."""
    macro = actions.save_macro(
        None, actor=people["supervisor"], name="m", actions=[{"do": "add_tags", "value": ["m"]}]
    )
    applied = actions.apply_macro(macro, ticket=ticket, actor=people["agent"])
    bob = User.objects.get(email="bob@demo.test")
    draft = actions.save_draft(ticket, actor=bob, kind="reply", body=CANARY, is_shared=True)
    return {"macro": macro, "macro_event": applied.event, "shared_draft": draft}


def surveyed(ticket):
    """A survey that was published, and a low score that says the canary."""
    survey = save_survey(None, actor=None, name="Late")
    save_survey_draft(survey, metric="csat", questions=[], texts={}, actor=None)
    publish_survey(survey, actor=None)
    invitation = Invitation.objects.create(
        survey=survey,
        ticket=ticket,
        customer=ticket.customer,
        state="answered",
        due_at=now(),
        brand=ticket.inbox.brand,
    )
    answer = Answer.objects.create(invitation=invitation, score=1, comment=CANARY)
    task = RecoveryTask.objects.create(answer=answer, reason="score", due_at=now())
    cause = CauseOfScore.objects.create(name="Slow")
    complained = another_of(ticket.customer, ticket.inbox)
    complaint = make_complaint(complained, actor=User.objects.get(email="admin@demo.test"))
    return {"survey": survey, "recovery_task": task, "cause": cause, "complaint": complaint}


def with_rules(ticket):
    """One that was drafted, and one with a button, which ran on the ticket."""
    steps = [{"do": "set_priority", "value": "40"}]
    given = {"trigger": {"kind": "manual"}, "conditions": {}, "steps": steps}
    button = save_rule(None, actor=None, name="Urgent", **given)
    enable_rule(button.rule, actor=User.objects.get(email="admin@demo.test"))
    button.refresh_from_db()
    [run] = run_rules([compile_version(button)], ticket.pk, cause=Cause(str(uuid4())))
    drafted = save_rule(None, actor=None, name="Draft", **given)
    return {"rule": drafted.rule, "rule_button": button, "rule_run": run}


def work_around(ticket, carol, inbox, user):
    """What hangs on the ticket beside its conversation."""
    sibling, part, linked = (another_of(carol, inbox) for _ in range(3))
    side = actions.open_side(
        ticket, actor=user, people=["eve@example.net"], subject=CANARY, body=f"{CANARY} side"
    )
    return {
        "sibling": sibling,
        "move": actions.merge(part, target=ticket, actor=user),
        "side": side,
        "item": actions.add_item(ticket, actor=user, text=f"{CANARY} item"),
        "link": actions.link_tickets(ticket, other=linked, way="related", actor=user),
        "recurrence": actions.repeat_ticket(
            ticket,
            actor=user,
            body=CANARY,
            every=1,
            unit="month",
            first_at=now() + timedelta(days=1),
            timezone="UTC",
        ),
    }


def what_is_set_up(admin, inbox):
    agents, role = Group.objects.get(name="agent"), Group.objects.create(name="Desk")
    calendar = Calendar.objects.create(name="Office")
    tier = {"colour": "#2c5f4a", "priority": 1, "team": None}
    of_status = {"category": "open", "name": "Workshop", "customer_name": "Workshop"}
    return {
        "role": role,
        "logo_brand": Brand.objects.create(name="Logo", logo=b"x", logo_type="image/png"),
        "holder": f"role:{agents.pk}",
        "invited": add_user("invited@demo.test", name="I", role="agent"),
        "calendar": calendar,
        "holiday": calendar.holidays.create(date=date(2099, 5, 1), name="May"),
        "unused_tier": add_tier(name="Unused", actor=admin, **tier),
        "field": add_field(owner="ticket", kind="text", name="Order", actor=admin),
        "status": actions.add_status(actor=admin, **of_status),
        "type": actions.add_type(name="Repair", actor=admin),
    }


def checked_import(actor):
    run = begin_import([["email"], ["new@example.org"]], actor=actor)
    return check_import(run, mapping={"0": "email"}, duplicates="skip", actor=actor)


def another_of(customer, inbox):
    return actions.open_ticket(
        inbox, actor=None, customer_email="carol@example.org", subject="s", body="b"
    )


def raw_behind(message):
    raw = f"Subject: x\r\n\r\n{CANARY} raw".encode()
    inbox = message.ticket.inbox
    delivery = store_raw(inbox, raw=raw, source="smtp", external_id="<raw>", envelope={})
    mark_applied(delivery, ticket_id=message.ticket_id, message_id=message.pk)
    return message


def upload(ticket, user):
    content = BytesIO(f"{CANARY} {user.pk}".encode())
    return actions.attach_upload(
        ticket, actor=user, filename="f.txt", content_type="text/plain", content=content
    )


def set_aside(inbox, sender="x"):
    raw = f"From: {sender}\r\nSubject: {CANARY}\r\n\r\n{CANARY}".encode()
    delivery = store_raw(inbox, raw=raw, source="smtp", external_id=f"<{sender}>", envelope={})
    quarantine(delivery, reason="It names no sender.")
    settings.OUTBOX_DIR.mkdir(exist_ok=True)
    (settings.OUTBOX_DIR / "x.eml").write_bytes(raw)
    return delivery


def filled(value: Any, world: dict[str, Any]) -> Any:
    match value:
        case dict():
            return {key: filled(inner, world) for key, inner in value.items()}
        case list():
            return [filled(inner, world) for inner in value]
        case "?file":
            return BytesIO(b"new file")
        case str() if value.startswith("?"):
            thing = world[value[1:]]
            return str(getattr(thing, "pk", thing))
    return value


def ask(client, world, method, name, body=None):
    """One request in a transaction that is taken back."""
    row = ROUTES[name]
    own = {"name": "x.eml"} if row.at == "mail" else {"pk": world[row.at].pk} if row.at else {}
    url = f"{reverse(name, kwargs=own | row.path)}?{row.query}"
    fields: dict[str, Any] = {}
    if method != "GET" and method in row.cells():
        fields["data"] = filled(row.body if body is None else body, world)
    if method != "GET" and name.startswith("api:"):
        fields["content_type"] = "application/json"
    with transaction.atomic():
        answer = getattr(client, method.lower())(url, **fields)
        content = b"".join(answer) if answer.streaming else answer.content
        transaction.set_rollback(True)
    return answer.status_code, content.decode("utf-8", "replace")


# Routes


def routes(patterns: Any = None, spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield ":".join((*spaces, pattern.name or "?")), pattern
        else:
            space = (pattern.namespace,) if pattern.namespace else ()
            yield from routes(pattern.url_patterns, (*spaces, *space))


def test_every_route_has_its_row():
    served = {name for name, _ in routes() if not name.startswith(PREFIXES)}
    missing, stale = served - ROUTES.keys(), ROUTES.keys() - served
    assert not missing, f"Say in ROUTES who may use: {', '.join(sorted(missing))}"
    assert not stale, f"ROUTES names routes that are gone: {', '.join(sorted(stale))}"


def test_every_row_has_a_cell_for_each_role():
    for name, row in ROUTES.items():
        for method, cells in row.cells().items():
            assert len(cells) == len(ROLES), f"{name} {method}"


@pytest.mark.parametrize("area", AREAS)
def test_every_route_answers_each_role_as_its_row_says(world, clients, area):
    wrong = []
    for name, row in in_area(area).items():
        for method, cells in row.cells().items():
            for role, cell in zip(ROLES, cells, strict=True):
                status, content = ask(clients[role], world, method, name)
                if status != int(cell):
                    wrong.append(f"{name} {method} {role}: {status} instead of {cell}")
                wrong += [f"{name} {method} {role}: tells {x}" for x in leaks(content, row, role)]
        wrong += taken_without_row(world, clients, name, row)
    assert not wrong, "\n".join(wrong)


def leaks(content: str, row: Row, role: str) -> list[str]:
    """Secrets for nobody; what stands on the ticket and whose it is for nobody outside."""
    hidden = [SECRET]
    if role in ("anonymous", "stranger", "neighbour"):
        hidden += [CANARY, "My lamp flickers"]
        hidden += [] if row.about_customers else ["Carol Ashworth", "carol@example.org"]
    return [words for words in hidden if words in content]


def taken_without_row(world, clients, name, row):
    rest = set() if row.takes_all else set(METHODS) - row.cells().keys()
    asked = {method: ask(clients["admin"], world, method, name)[0] for method in rest}
    return [
        f"{name} {method}: {status}; give it a row or refuse it"
        for method, status in asked.items()
        if status != 405
    ]


# The portal


def test_every_page_of_the_portal_has_its_row():
    served = {name for name, _ in routes() if name.startswith("tickets:portal")}
    assert served == {f"tickets:{name.split()[0]}" for name in PORTAL}


def test_the_portal_answers_each_customer_as_its_row_says(world, clients, billing_ticket):
    """Whoever is no customer here, agent or not, is sent to the sign-in."""
    own = {"pk": world["ticket"].pk, "token": "x", "brand": world["inbox"].brand.slug}
    file = actions.attach(
        world["ticket"], world["message"], filename="f", content_type="", content=b"f"
    )
    visitors = [client_of(None), client_of(None), client_of(None), clients["agent"]]
    for client, ticket in zip(visitors[1:3], (billing_ticket, world["ticket"]), strict=True):
        session = client.session
        session["portal_identity"] = str(ticket.customer.identities.get(kind="email").pk)
        session.save()
    wrong = []
    for key, cells in PORTAL.items():
        name, _, method = key.partition(" ")
        wanted = parameters_of(f"tickets:{name}")
        given = own | ({"pk": file.pk} if name == "portal_file" else {})
        url = reverse(f"tickets:{name}", kwargs={k: v for k, v in given.items() if k in wanted})
        for client, cell in zip(visitors, cells.split(), strict=True):
            answer = getattr(client, (method or "GET").lower())(url)
            if answer.status_code != int(cell):
                wrong.append(f"{key}: {answer.status_code} instead of {cell}")
        refused = getattr(visitors[2], "delete" if method else "post")(url)
        if method == "" and name not in PORTAL_TAKES_POST and refused.status_code != 405:
            wrong.append(f"{name} POST: {refused.status_code}")
    assert not wrong, "\n".join(wrong)


# Writable keys


def strict_serializers(base: type = StrictSerializer) -> Iterator[type]:
    for serializer in base.__subclasses__():
        yield serializer
        yield from strict_serializers(serializer)


def test_every_writable_key_has_its_row():
    written = {f"{s.__name__}.{key}" for s in strict_serializers() for key in s().fields}
    rows = PLAIN_KEYS | REFERENCES.keys()
    missing, stale = written - rows, rows - written
    assert not missing, f"Say in PLAIN_KEYS or REFERENCES what may be in: {', '.join(missing)}"
    assert not stale, f"Keys that are gone: {', '.join(stale)}"
    assert not PLAIN_KEYS & REFERENCES.keys()


def test_what_belongs_to_another_cannot_be_named(world, clients):
    wrong = []
    for key, (name, body, expected) in REFERENCES.items():
        method = "PATCH" if name in ("api:ticket", "api:webhook", "api:recovery") else "POST"
        status, _ = ask(clients["agent"], world, method, name, body)
        if status != expected:
            wrong.append(f"{key}: {status} instead of {expected}")
    assert not wrong, "\n".join(wrong)


def test_unknown_keys_are_refused_by_every_write(world, clients):
    """Mass assignment, also inside of nested objects."""
    wrong = []
    for name, method, body in writes():
        for key in NEVER_WRITABLE:
            if (name, key) in WRITABLE_HERE:
                continue
            status, content = ask(clients["admin"], world, method, name, body | {key: 1})
            if status != 400 or f'"{key}":["Unknown field."]' not in content:
                wrong.append(f"{name} {key}: {status}")
        for nested in (key for key, value in body.items() if isinstance(value, dict)):
            inner = body | {nested: body[nested] | {"tier": "vip"}}
            if ask(clients["admin"], world, method, name, inner)[0] != 400:
                wrong.append(f"{name} {nested}.tier")
    assert not wrong, "\n".join(wrong)


def writes() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (name, method, row.body)
        for name, row in in_area("api").items()
        for method in row.cells()
        if method not in ("GET", "DELETE") and row.body
    ]


# Sockets


def test_every_socket_event_has_its_row():
    spoken = {
        (pattern.name, frame, kind)
        for pattern in websocket_urlpatterns
        for frame, kinds in consumers.FRAMES.items()
        for kind in kinds
    }
    missing, stale = spoken - SOCKETS.keys(), SOCKETS.keys() - spoken
    assert not missing, f"Say in SOCKETS who is told: {missing}"
    assert not stale, f"SOCKETS names what is gone: {stale}"


def test_a_socket_tells_each_role_as_its_row_says(world, people):
    for row, cells in SOCKETS.items():
        heard = {}
        for role, user in people.items():
            # Who is not signed in is turned away at the door: see tests/tickets/test_socket.py.
            name = f"ticket:{world['ticket'].pk}" if row[2] == "ticket" else row[2]
            rooms = consumers.find_rooms(user, [name]) if user else {}
            heard[role] = "yes" if set(rooms) & set(rooms_of(world["ticket"])) else "no"
        assert heard == dict(zip(ROLES, cells.split(), strict=True)), row


# Routes of libraries


def test_the_back_office_is_for_staff(clients):
    """Every page of it sends all others to its sign-in."""
    wrong = []
    for name, url in library_urls("admin:"):
        if name in ("admin:login", "admin:logout"):
            continue
        for role in ("anonymous", "agent", "supervisor"):
            answer = clients[role].get(url)
            if answer.status_code != 302 or "/login/" not in answer["Location"]:
                wrong.append(f"{name} ({url}) {role}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_the_back_office_lets_admins_do_what_its_rows_say(admin, rf):
    request = rf.get("/")
    request.user = User.objects.get(pk=admin.pk)
    may = {
        model._meta.label: " ".join(
            verb for verb in ALL.split() if getattr(page, f"has_{verb}_permission")(request)
        )
        for model, page in back_office.site._registry.items()
    }
    assert may == BACK_OFFICE


def test_pages_about_ones_own_account_want_a_sign_in(db):
    wrong = []
    for prefix in ("account_", "mfa_"):
        for name, url in library_urls(prefix):
            answer = client_of(None).get(url)
            sent_away = answer.status_code == 302 and "/accounts/login/" in answer["Location"]
            if answer.status_code >= 500 or not (sent_away or name in SIGNED_OUT):
                wrong.append(f"{name}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def library_urls(prefix: str) -> Iterator[tuple[str, str]]:
    known = {"app_label": "tickets", "key": "x-y"}
    for name, _ in routes():
        if name.startswith(prefix) and not name.endswith("?"):
            parameters = parameters_of(name)
            yield name, reverse(name, kwargs={key: known.get(key, "1") for key in parameters})


def parameters_of(name: str) -> list[str]:
    space, _, own = name.rpartition(":")
    resolver = get_resolver()
    if space:
        _, resolver = resolver.namespace_dict[space]
    [(_, parameters), *_] = resolver.reverse_dict[own][0]
    return parameters
