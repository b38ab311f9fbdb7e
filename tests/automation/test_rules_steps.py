"""Steps of rules that reach further than the ticket's own columns."""

import pytest

from automation.actions.rules import enable_rule, save_rule
from automation.actions.webhooks import save_webhook, switch_webhook
from automation.models import RuleRun
from core.models import Event
from customers.models import CustomField
from tickets import actions
from tickets.actions.macros import save_macro
from tickets.models import Notification, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def do(admin, ticket, alice, react):
    """Has a rule in force take this step on the ticket; its run."""

    def done(step):
        react()
        draft = save_rule(
            None,
            actor=admin,
            name="Once",
            trigger={"kind": "event", "events": ["message.noted"]},
            conditions={"all": []},
            steps=[step],
            stops=False,
        )
        enable_rule(draft.rule, actor=admin)
        actions.add_note(ticket, actor=alice, body="Go")
        react()
        return RuleRun.objects.exclude(state="stopped").get()

    return done


@pytest.fixture
def macro(admin):
    return save_macro(
        None,
        actor=admin,
        name="Ask for the order",
        body="Which order of {{customer.first_name}}?",
        is_note=True,
        actions=[{"do": "add_tags", "value": ["asked"]}, {"do": "set_priority", "value": 30}],
    )


def test_a_macro_is_used_with_its_steps_and_its_words(do, ticket, macro):
    run = do({"do": "macro", "value": str(macro.pk)})
    now = Ticket.objects.get(pk=ticket.pk)
    assert run.state == "done", run.done
    assert (now.tags, now.priority) == (["asked"], 30)
    assert "Which order of Carol?" in [one.body for one in ticket.messages.filter(kind="note")]


def test_people_are_told_once_however_often_they_are_named(do, ticket, bob, alice):
    actions.assign(ticket, actor=alice, assignee=bob)
    Notification.objects.all().delete()
    run = do({"do": "notify", "value": ["assignee", f"user:{bob.pk}"]})
    assert run.state == "done", run.done
    told = Notification.objects.filter(kind=Notification.Kind.REMINDER, ticket=ticket)
    assert [one.user for one in told] == [bob]


def test_a_webhook_is_called_by_name(do, ticket, admin):
    webhook = save_webhook(None, actor=admin, name="ERP", url="https://erp.example/hook")
    run = do({"do": "webhook", "value": str(webhook.pk)})
    assert run.state == "done", run.done
    asked = Event.objects.get(details__webhook=str(webhook.pk), details__run=str(run.pk))
    assert asked.details["rule"] == str(run.rule_id)


def test_a_webhook_that_is_off_is_refused_in_the_log(do, admin):
    webhook = save_webhook(None, actor=admin, name="ERP", url="https://erp.example/hook")
    switch_webhook(webhook, is_on=False, actor=admin)
    run = do({"do": "webhook", "value": str(webhook.pk)})
    assert run.state == "refused"
    assert not Event.objects.filter(details__run=str(run.pk), details__webhook__isnull=False)


def test_a_field_is_filled_in(do, ticket):
    CustomField.objects.create(owner="ticket", code="floor", kind="text", name="Floor")
    run = do({"do": "set_field", "value": ["floor", "third"]})
    assert run.state == "done", run.done
    assert Ticket.objects.get(pk=ticket.pk).custom["floor"] == "third"
