"""What the tests of all pages run inside an application with demonstration data."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import QuerySet
from django.test import Client

from accounts.models import User
from automation.actions.rules import save_rule
from automation.models import Rule, Webhook, WebhookAttempt, WebhookDelivery
from automation.queries.webhooks import payload_of
from automation.webhooks.signing import new_secret
from bots.models import (
    Bot,
    Checked,
    CopilotUse,
    Dialogue,
    Flag,
    Gap,
    ReleaseWatch,
    Result,
    Run,
    Suite,
    Trial,
    Turn,
    UnderstandingModel,
    Verification,
)
from connectors.models import Brand, Inbox, RawDelivery
from core.clock import now
from core.models import Event
from customers.models import Customer
from knowledge.models import Article, ArticleVersion
from quality.models import (
    CallBack,
    Coaching,
    Dispute,
    Inspection,
    Practice,
    Review,
    Rubric,
)
from tests.system import inside_surveys
from tests.system.deployment import until
from tickets.actions import add_note, reply
from tickets.actions.macros import save_macro
from tickets.models import Attachment, Macro, Message, Suggestion, Ticket

# What a row of tests/permission_rows.py calls `at`, where the demonstration has it in a way of its
# own. Everything else is the first row of the model of that name.
OWN: dict[str, Callable[[], Any]] = {
    "message": lambda: Message.objects.filter(kind="public", direction="in").first(),
    "failed": lambda: Message.objects.filter(delivery__state="failed").first(),
    "draft_file": lambda: Attachment.objects.first(),
    "delivery": lambda: RawDelivery.objects.filter(state="quarantined").first(),
    "strange_delivery": lambda: RawDelivery.objects.filter(state="quarantined").first(),
    "raw_message": lambda: Message.objects.first(),
    "suggestion": lambda: Suggestion.objects.first(),
    "billing": lambda: apps.get_model("accounts", "Team").objects.filter(name="Billing").first(),
    "role": lambda: Group.objects.filter(name="agent").first(),
    "field": lambda: apps.get_model("customers", "CustomField").objects.first(),
    "type": lambda: apps.get_model("tickets", "TicketType").objects.first(),
    "supervisor": lambda: User.objects.get(email="supervisor@demo.test"),
    "light": lambda: User.objects.get(email="bob@demo.test"),
    "inbox": lambda: Inbox.objects.filter(kind="mail").first(),
    "ticket": lambda: _busiest(),
    "chat_ticket": lambda: Ticket.objects.filter(inbox__kind="chat").first(),
    "version": lambda: ArticleVersion.objects.filter(state="in_review").first(),
    "open_article": lambda: _open_articles().first(),
    "shelf": lambda: _open_articles().first().category,
    "empty_shelf": lambda: _open_articles().first().category,
    "gap": lambda: _gap(),
    "understanding": lambda: until(
        UnderstandingModel.objects.first, "what the bots understand is trained", seconds=300
    ),
    "copilot_use": lambda: _copilot_use(),
    "sibling": lambda: _turn().dialogue.ticket,
    "turn": lambda: _turn(),
    "run": lambda: _run(),
    "trial": lambda: _trial(),
    "verification": lambda: _checked().verification,
    "checked": lambda: _checked(),
    "chat_inbox": lambda: Inbox.objects.filter(kind="chat").first(),
    "rule": lambda: _rule(),
    "inspection": lambda: _inspection(),
    "review": lambda: _review(),
    "dispute": lambda: _dispute(),
    "coached": lambda: _inspection().agent,
    "coaching": lambda: Coaching.objects.get_or_create(
        agent=_inspection().agent, criterion="rude_tone", defaults={"words": "Be kind."}
    )[0],
    "practice": lambda: Practice.objects.get_or_create(
        agent=User.objects.get(email="admin@demo.test"), scenario="late-parcel"
    )[0],
    "call_back": lambda: _call_back(),
    "survey": inside_surveys.survey,
    "cause": inside_surveys.cause,
    "recovery_task": inside_surveys.recovery_task,
    "complaint": inside_surveys.complaint,
    "release_alarm": lambda: _release_alarm(),
    "webhook": lambda: _webhook(),
    "webhook_delivery": lambda: _webhook_delivery(),
}


def _release_alarm() -> ReleaseWatch:
    """With figures, shown on the bot's pages."""
    figures = {"before": {"complaints": [1, 60]}, "after": {"complaints": [9, 40]}}
    given = {"measure": "complaints", "alarmed_at": now(), **figures}
    release = {"kind": "model", "name": "", "number": 2}
    bot = Bot.objects.order_by("pk").first()
    return ReleaseWatch.objects.get_or_create(
        bot=bot, state="alarmed", settled_at=None, defaults={"releases": [release], **given}
    )[0]


def _inspection() -> Inspection:
    """Of a person, with evidence."""
    if found := Inspection.objects.filter(is_bot=False, agent__isnull=False).first():
        return found
    answer = Message.objects.filter(kind="public", direction="out", author__kind="person").first()
    assert answer is not None
    evidence = {"state": "fault", "evidence": [[str(answer.pk), 0, 5]]}
    return Inspection.objects.create(
        ticket=answer.ticket,
        cycle=0,
        resolved_at=now(),
        rubric=Rubric.objects.get(state="live"),
        agent=answer.author,
        team=answer.ticket.team,
        inbox=answer.ticket.inbox,
        results={"rude_tone": evidence, "no_greeting": {"state": "ok", "evidence": []}},
        faults=["rude_tone"],
        score=60,
    )


def _review() -> Review:
    admin = User.objects.get(email="admin@demo.test")
    inspection = _inspection()
    about = {"inspection": inspection, "reviewer": admin}
    # Others may have reviewed it already.
    place = Review.objects.filter(inspection=inspection).count() + 1
    given = {"week": date(2026, 1, 5), "stratum": "low", "place": place}
    return Review.objects.get_or_create(**about, defaults=given)[0]


def _dispute() -> Dispute:
    about = {"inspection": _inspection(), "criterion": "rude_tone"}
    given = {"reason": "I was quoting.", "raised_by": _inspection().agent}
    return Dispute.objects.get_or_create(**about, defaults=given)[0]


def _call_back() -> CallBack:
    ticket = Ticket.objects.first()
    assert ticket is not None
    about = {"customer": ticket.customer, "state": "open"}
    given = {"ticket": ticket, "reasons": ["negative", "silent"]}
    return CallBack.objects.get_or_create(**about, defaults=given)[0]


def _rule() -> Rule:
    """A draft with a condition; not switched on."""
    if found := Rule.objects.first():
        return found
    draft = save_rule(
        None,
        actor=User.objects.get(email="admin@demo.test"),
        name="Gold first",
        trigger={"kind": "event", "events": ["message.received"]},
        conditions={"all": [{"fact": "tier", "is": "any", "value": ["vip"]}]},
        steps=[{"do": "set_priority", "value": "30"}],
    )
    return draft.rule


def _webhook() -> Webhook:
    """One that leads inside, where nothing is called."""
    secret, url = new_secret(), "https://127.0.0.1/in"
    given = {"url": url, "secret": secret, "state": "failed", "failures": 3}
    return Webhook.objects.get_or_create(name="Stock keeping", defaults=given)[0]


def _webhook_delivery() -> WebhookDelivery:
    ticket = Ticket.objects.select_related("status").first()
    event = Event.objects.filter(ticket_id=getattr(ticket, "pk", None)).first()
    assert ticket and event
    payload = payload_of(event, ticket)
    given = {"place": 0, "name": event.name, "payload": payload, "state": "dead", "code": 503}
    made = WebhookDelivery.objects.get_or_create(webhook=_webhook(), event=event, defaults=given)
    if made[1]:
        WebhookAttempt.objects.create(delivery=made[0], code=503, problem="status", said="Busy.")
    return made[0]


def _turn() -> Turn:
    """Something a bot answered, as if the demonstration's first customers had asked it."""
    if found := Turn.objects.exclude(intent="").first():
        return found
    asked = Message.objects.filter(kind="public", direction="in").exclude(thread=None).first()
    assert asked is not None
    about = {"ticket": asked.ticket, "bot": Bot.objects.get()}
    dialogue, _new = Dialogue.objects.get_or_create(thread=asked.thread, defaults=about)
    answer = Message.objects.filter(thread=asked.thread, direction="out").first()
    words = {"intent": "order_status", "confidence": 0.9, "said": "It is on its way."}
    return Turn.objects.create(dialogue=dialogue, message=asked, answer=answer, **words)


def _run() -> Run:
    """Played before and after, one test newly wrong."""
    suite = Suite.objects.get()
    done = {"state": "done", "count": 1, "done_at": now()}
    about = {"suite": suite, "flows": {"order_status": ""}}
    run, is_new = Run.objects.get_or_create(**about, defaults=done)
    if is_new:
        talk = [["customer", "Where is it?"], ["bot", "It arrives tomorrow."]]
        told = {"live": {"problems": [], "talk": talk}}
        told["new"] = {"problems": [["not_said", "today", ""]], "talk": talk}
        case = suite.cases.first()
        Result.objects.create(run=run, case=case, live_is_right=True, is_right=False, told=told)
    return run


def _trial() -> Trial:
    return Trial.objects.first() or Trial.objects.create(
        bot=Bot.objects.get(), flows={"order_status": "flow order_status\nend\n"}, share=10
    )


def _checked() -> Checked:
    bot = Bot.objects.get()
    month, _new = Verification.objects.get_or_create(bot=bot, month=date(2026, 1, 1))
    for way, found in (("understanding", ""), ("knowledge", "changed")):
        about = {"verification": month, "turn": _turn(), "way": way}
        Checked.objects.get_or_create(**about, defaults={"found": found})
    Flag.objects.get_or_create(turn=_turn(), by="customer")
    checked = Checked.objects.filter(way="understanding").first()
    assert checked is not None
    return checked


def _open_articles() -> QuerySet[Article]:
    published = ArticleVersion.objects.out()
    return Article.objects.filter(audience="public", tiers=None, versions__in=published)


def _gap() -> Gap:
    words = {"title": "Can I pay in instalments?", "language": "en"}
    return Gap.objects.first() or Gap.objects.create(**words, centre=b"", encoder="none", size=3)


def _copilot_use() -> CopilotUse:
    """A suggestion the demonstration's first agent was made."""
    made = {"text": "You may send it back within 30 days.", "sources": [], "struck": 1}
    found = CopilotUse.objects.first()
    return found or CopilotUse.objects.create(
        ticket=_busiest() or Ticket.objects.earliest("created_at"),
        user=User.objects.get(email="alice@demo.test"),
        kind="suggestion",
        state="done",
        made=made,
    )


def answer(value: Any) -> None:
    print(json.dumps(value))


def _busiest() -> Ticket | None:
    """One that alice has, with much in it."""
    mine = Ticket.objects.filter(assignee__email="alice@demo.test", category="open")
    return mine.order_by("-seq").first() or Ticket.objects.order_by("-seq").first()


def find_samples(names: list[str]) -> dict[str, str]:
    """The id of one thing of each name; what the demonstration has not is left out."""
    found = {}
    for name in names:
        thing = OWN[name]() if name in OWN else _first_of(name)
        if thing is not None:
            found[name] = str(thing.pk)
    return found


def _first_of(name: str) -> Any:
    wanted = name.replace("_", "")
    for model in apps.get_models():
        if model._meta.model_name == wanted:
            return model.objects.first()
    return None


def find_portal() -> dict[str, str]:
    """A customer with an open request, whose it is, and a file of theirs if there is one."""
    brand = Brand.objects.first()
    ticket = _ticket_of_a_talker()
    file = Attachment.objects.filter(ticket__customer=ticket.customer, message__kind="public")
    return {
        "brand": brand.slug if brand else "",
        "pk": str(ticket.pk),
        "customer": str(ticket.customer_id),
        "file": str(getattr(file.first(), "pk", "")),
    }


def _ticket_of_a_talker() -> Ticket:
    open_ones = Ticket.objects.filter(category__in=("open", "waiting_customer"))
    ticket = open_ones.filter(customer__identities__kind="email").order_by("-pk").first()
    assert ticket is not None
    return ticket


def sign_in_all() -> dict[str, str]:
    """Session cookies by who they are for."""
    people = {"admin": "admin@demo.test", "agent": "alice@demo.test"}
    cookies = {who: _cookie_of(User.objects.get(email=email)) for who, email in people.items()}
    customer = Customer.objects.get(pk=find_portal()["customer"])
    identity = customer.identities.filter(kind="email", valid_to=None).first()
    session = SessionStore()
    session["portal_identity"] = str(identity.pk if identity else "")
    session.create()
    return cookies | {"customer": session.session_key or ""}


def _cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def cookie_name() -> str:
    return str(settings.SESSION_COOKIE_NAME)


def say_more() -> str:
    """An answer, a note and changes on one ticket, so that its page shows every kind of entry."""
    ticket, alice = _busiest(), User.objects.get(email="alice@demo.test")
    assert ticket is not None
    add_note(ticket, actor=alice, body="Checked with the workshop: the base is in stock.")
    reply(ticket, actor=alice, body="We send the new base tomorrow morning.")
    if not Macro.objects.exists():
        admin = User.objects.get(email="admin@demo.test")
        steps = [{"do": "set_status", "value": "resolved"}]
        save_macro(None, actor=admin, name="Thank and resolve", body="Thank you!", actions=steps)
    return str(ticket.pk)
