"""Lines of webhooks: their order, what is tried again when, what is given up, what comes again."""

from datetime import timedelta

import pytest

from automation.actions import webhooks as actions
from automation.actions.webhook_lines import (
    LEASE,
    Outcome,
    claim,
    forget_old,
    note_landed,
    put_in_line,
)
from automation.actions.webhook_news import tell_of_trouble
from automation.actions.webhook_sender import Sender
from automation.models import Webhook, WebhookAttempt, WebhookDelivery, WebhookFeed
from automation.webhooks.patience import pause_after, read_retry_after
from automation.webhooks.signing import new_secret
from core import clock, lanes
from core.clock import now
from core.models import Event, Reaction
from tickets.actions import add_note, set_tags

pytestmark = pytest.mark.django_db
FAR = 2**62
TICKETS = Event.objects.filter(seq__isnull=False)
OK, BUSY = Outcome(code=200), Outcome("status", code=503)


@pytest.fixture
def webhook(ticket):
    # What the cast did lies behind the horizon; here events come by hand.
    WebhookFeed.objects.update_or_create(only=True, defaults={"xid": FAR})
    past = now() - timedelta(days=1)
    made = {"url": "https://93.184.216.34/in", "secret": new_secret(), "created_at": past}
    return Webhook.objects.create(name="ERP", **made)


def line_up(webhook):
    """The tickets' events of now, as though they lay behind the horizon."""
    rows = Webhook.objects.filter(pk=webhook.pk).prefetch_related("teams")
    events = TICKETS.order_by("ticket_id", "seq")
    put_in_line(list(events), list(rows), WebhookFeed.objects.get())
    return list(WebhookDelivery.objects.filter(webhook=webhook).order_by("place"))


class Carrier:
    """Answers with what it is given, one after the other, then always with the last."""

    def __init__(self, *outcomes):
        self.outcomes, self.ids = list(outcomes), []

    def __call__(self, letter):
        self.ids.append(letter.headers["webhook-id"])
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]


def send(*outcomes):
    carrier = Carrier(*outcomes)
    Sender(carry=carrier).run()
    return carrier.ids


def again(thing):
    return type(thing).objects.get(pk=thing.pk)


def test_everything_goes_out_in_its_order_once(webhook, ticket, alice):
    for number in range(30):  # more than one turn
        set_tags(ticket, actor=alice, tags=[str(number)])
    line = line_up(webhook)
    line_up(webhook)  # a second time makes no second delivery

    ids = send(OK)

    assert ids == [str(row.event_id) for row in line]
    assert [row.name for row in line[:2]] == ["ticket.opened", "message.received"]
    assert {again(row).state for row in line} == {"delivered"}
    assert again(webhook).ok_at and again(webhook).lease_until is None
    assert send(OK) == []


def test_what_is_told_are_ids_and_states_never_words(webhook, ticket, alice):
    add_note(ticket, actor=alice, body="kaleidoscope")
    told = [row.payload for row in line_up(webhook)]

    assert [one["type"] for one in told] == ["ticket.opened", "message.received", "message.noted"]
    data = told[-1]["data"]
    assert data["ticket"]["number"] == ticket.number and data["ticket"]["status"] == "new"
    assert data["actor"] == {"kind": "user", "id": str(alice.pk)}
    said = str(told)
    assert not any(word in said for word in ("kaleidoscope", "lamp", "carol", "Carol", "Alice"))


def test_a_failing_head_holds_the_line_and_is_tried_ever_more_rarely(webhook):
    first, *rest = line_up(webhook)
    pauses, moment = [], now()
    for _ in range(8):
        with clock.at(moment):
            assert send(BUSY) == [str(first.event_id)]
            wait = again(webhook).retry_at - moment
        with clock.at(moment + wait - timedelta(seconds=1)):
            assert send(BUSY) == []
        pauses.append(wait.total_seconds())
        moment += wait

    wanted = [5, 30, 120, 600, 1800, 3600, 10_800, 10_800]
    assert all(0.8 * w <= p <= 1.2 * w for p, w in zip(pauses, wanted, strict=True))
    assert again(first).attempts == 8 == WebhookAttempt.objects.count()
    with clock.at(moment):
        assert send(OK) == [str(row.event_id) for row in (first, *rest)]
    assert again(webhook).failures == 0 and again(webhook).failing_since is None


@pytest.mark.slow
def test_after_72_hours_it_is_put_aside_and_the_line_goes_on(webhook):
    first, second, *_rest = line_up(webhook)
    begun = moment = now()
    while again(first).state == "waiting":
        with clock.at(moment):
            send(BUSY)
            moment = again(webhook).retry_at

    assert again(first).state == "dead"
    last = WebhookAttempt.objects.filter(delivery=first).last()
    assert timedelta(hours=65) < last.at - begun <= timedelta(hours=72)
    with clock.at(moment):
        assert send(OK)[0] == str(second.event_id)
    assert Event.objects.filter(name="webhook.gave_up").count() == 1


@pytest.mark.slow
def test_five_days_without_success_switch_it_off_and_its_keepers_are_told(
    webhook, admin, mailoutbox
):
    _first, second = line_up(webhook)
    begun = moment = now()
    while again(webhook).is_on:
        with clock.at(moment):
            send(BUSY)
            moment = again(webhook).retry_at

    assert again(webhook).state == "failed"
    assert moment - begun > timedelta(days=5)
    with clock.at(moment + timedelta(days=9)):
        assert send(OK) == []
    # What waits is kept, and goes once it is switched on again.
    actions.switch_webhook(webhook, is_on=True, actor=admin)
    with clock.at(moment + timedelta(days=9)):
        assert send(OK) == [str(second.event_id)]
    assert {row.name for row in Reaction.objects.filter(lane="send")} >= {
        "automation.reactions_for_webhooks.mail_keepers"
    }


def test_its_keepers_read_what_became_of_it(webhook, admin, alice, mailoutbox):
    admin.language = "zh-hans"
    admin.save()
    webhook.state = "failed"
    assert tell_of_trouble(webhook) == 1
    [mail] = mailoutbox
    assert mail.to == [admin.email] and f"/settings/webhooks/{webhook.pk}/" in mail.body
    assert "ERP" in mail.subject and "out of order" not in mail.subject


def test_gone_is_gone_at_once(webhook):
    line_up(webhook)
    assert len(send(Outcome("status", code=410))) == 1
    assert again(webhook).state == "gone"
    assert Event.objects.get(name="webhook.switched_off").details == {"why": "gone"}


def test_the_other_side_may_ask_for_more_time(webhook):
    line_up(webhook)
    moment = now()
    with clock.at(moment):
        send(Outcome("status", code=429, retry_after=timedelta(minutes=7)))
    assert again(webhook).retry_at == moment + timedelta(minutes=7)


def test_retry_after_is_seconds_or_a_date_and_never_hurries():
    at = now().replace(microsecond=0)
    assert read_retry_after("120", at=at) == timedelta(seconds=120)
    date = (at + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert read_retry_after(date, at=at) == timedelta(hours=1)
    for nothing in ("", "soon", "-5", "²", "9" * 30):
        assert read_retry_after(nothing, at=at) == timedelta()
    assert pause_after(3, wished=timedelta(seconds=1)) > timedelta(seconds=90)
    assert pause_after(1, wished=timedelta(days=400)) == timedelta(hours=24)


def test_a_killed_senders_line_goes_on_when_its_lease_ends_under_the_same_id(webhook):
    first, *_rest = line_up(webhook)
    [taken] = claim(10, failing=10)
    assert taken.delivery == first
    assert claim(10, failing=10) == [] == send(OK)  # nobody else sends it meanwhile

    with clock.at(now() + LEASE):
        assert send(OK)[0] == str(first.event_id)
        # The one that was thought dead comes back: what it says counts no more.
        assert note_landed([(taken, BUSY)]) == []
    assert again(first).state == "delivered" and again(webhook).failures == 0


def test_those_that_fail_take_up_half_of_the_places_at_most(webhook):
    line_up(webhook)
    for number in range(12):
        twin = again(webhook)
        twin.pk, twin.name, twin._state.adding = None, f"Twin {number}", True
        twin.id = Event(name="x").id
        twin.failures = 0 if number < 4 else 3
        twin.url, twin.secret, twin.old_secret = "https://93.184.216.34/in", new_secret(), ""
        twin.save()
        line_up(twin)
    heads = claim(16, failing=5)
    assert sum(head.webhook.failures > 0 for head in heads) == 5
    assert sum(head.webhook.failures == 0 for head in heads) == 5


def test_who_chose_events_or_teams_hears_of_these_alone(
    webhook, ticket, billing_ticket, support, alice
):
    add_note(ticket, actor=alice, body="x")
    webhook.events = ["ticket.opened"]
    webhook.save()
    assert {row.name for row in line_up(webhook)} == {"ticket.opened"}
    webhook.teams.set([support])
    WebhookDelivery.objects.all().delete()
    [row] = line_up(webhook)
    assert row.payload["data"]["ticket"]["id"] == str(ticket.pk)


def test_a_rule_tells_one_webhook_of_a_ticket(webhook, ticket):
    webhook.events = ["sla.breached"]
    webhook.save()
    other = Webhook.objects.create(name="Other", url="https://93.184.216.34/", secret=new_secret())
    actions.request_delivery(webhook, ticket, actor=None, rule="r1")
    [row] = line_up(webhook)
    assert (row.name, row.payload["data"]["details"]["rule"]) == ("webhook.asked", "r1")
    assert "webhook.asked" not in {one.name for one in line_up(other)}


# Once more


def test_one_that_was_given_up_comes_again_behind_what_waits(webhook, admin):
    first, second, *_ = line_up(webhook)
    WebhookDelivery.objects.filter(pk=first.pk).update(state="dead", ended_at=now(), attempts=9)
    dead = WebhookDelivery.objects.filter(state="dead")
    assert actions.replay(webhook, dead, actor=admin) == 1
    assert actions.replay(webhook, WebhookDelivery.objects.all(), actor=admin) == 0  # they wait
    assert send(OK) == [str(second.event_id), str(first.event_id)]


def test_everything_since_then_comes_again_in_its_order(webhook, admin, ticket, alice, monkeypatch):
    add_note(ticket, actor=alice, body="x")
    line = line_up(webhook)
    ids = send(OK)
    line[1].delete()  # as though it had been off then
    # Here nothing lies behind the horizon, for nothing is committed.
    monkeypatch.setattr(actions, "read_in_order", lambda _after: TICKETS.order_by("seq"))

    assert actions.replay_since(webhook, now() - timedelta(hours=1), actor=admin) == len(ids)
    assert send(OK) == ids


def test_too_far_back_is_refused_at_its_field(webhook, admin):
    with pytest.raises(actions.Invalid) as refused:
        actions.replay_since(webhook, now() - timedelta(days=31), actor=admin)
    assert refused.value.extra == {"field": "since"}


def test_the_log_is_kept_for_two_weeks_and_dead_letters_for_a_month(webhook):
    first, second, *_ = line_up(webhook)
    send(OK)
    WebhookDelivery.objects.filter(pk=second.pk).update(state="dead")
    with clock.at(now() + timedelta(days=13)):
        assert forget_old() == 0
    with clock.at(now() + timedelta(days=15)):
        forget_old()
    assert not WebhookDelivery.objects.filter(pk=first.pk).exists()
    assert WebhookDelivery.objects.filter(pk=second.pk).exists()
    with clock.at(now() + timedelta(days=31)):
        forget_old()
    assert not WebhookDelivery.objects.exists() and not WebhookAttempt.objects.exists()


def test_a_lane_tells_the_keepers_unless_it_works_again(webhook, admin, mailoutbox):
    line_up(webhook)
    send(Outcome("status", code=410))
    row = Reaction.objects.get(name="automation.reactions_for_webhooks.mail_keepers")
    assert lanes.run_lane(row.pk)
    assert len(mailoutbox) == 1 and "(410)" in mailoutbox[0].body
