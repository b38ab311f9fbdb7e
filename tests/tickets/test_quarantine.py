"""What an admin does with a mail that was set aside, by action and by API."""

import threading
from itertools import count

import pytest
from django.db import connection

from connectors.actions import mark_delivery_failed, store_raw
from connectors.errors import ParserBug, ZygoteLost
from connectors.mail.parse import find_external_id
from connectors.models import RawDelivery, SenderBlock
from connectors.queries import list_deliveries_behind, make_reply_address
from core.models import Event
from tickets import actions
from tickets.errors import AlreadyThere, CannotApply
from tickets.models import Message, Ticket
from tickets.views import quarantine as quarantine_pages


@pytest.fixture
def set_aside(inbox, react):
    numbers = count(1)

    def send_raw(sender, to="support@demo.test", text="Hello.", **verdicts):
        n = next(numbers)
        raw = (
            f"From: {sender}\r\nTo: {to}\r\nSubject: My lamp flickers\r\n"
            f"Message-ID: <q{n}@evil.test>\r\n\r\n{text}\r\n"
        ).encode()
        delivery = store_raw(
            inbox,
            raw=raw,
            source="smtp",
            external_id=find_external_id(raw),
            envelope={"mail_from": "x@evil.test", "rcpt_to": []},
        )
        if verdicts:
            RawDelivery.objects.filter(pk=delivery.pk).update(verdicts=verdicts)
        react()
        delivery.refresh_from_db()
        assert delivery.state == "quarantined"
        return delivery

    return send_raw


@pytest.fixture
def leaked(ticket, set_aside):
    token = make_reply_address(
        "support@demo.test", ticket_id=ticket.pk, participant="carol@example.org"
    )
    return set_aside("bella@example.org", token)


def test_release_lets_it_in_where_it_wanted_to_go(leaked, ticket, admin):
    message = actions.release_delivery(leaked, actor=admin)

    assert message.ticket == ticket
    assert message.is_unverified
    assert message.addresses["from"] == "bella@example.org"
    ticket.refresh_from_db()
    assert ticket.customer.name == "Carol Ashworth"
    leaked.refresh_from_db()
    assert (leaked.state, leaked.message_id) == ("applied", message.pk)
    event = Event.objects.get(name="delivery.released")
    assert (event.actor_id, event.details["code"]) == (admin.pk, "stranger_with_token")


def test_release_opens_a_request_where_nothing_points_anywhere(set_aside, admin):
    disowned = set_aside("dan@example.org", dmarc="fail")
    assert disowned.reason_code == "dmarc_fail"
    message = actions.release_delivery(disowned, actor=admin)
    assert message.ticket.customer.name == "dan"


def test_a_released_colleague_writes_a_note_and_nothing_leaves(ticket, set_aside, alice, admin):
    token = make_reply_address("support@demo.test", ticket_id=ticket.pk, participant=alice.email)
    unproven = set_aside(alice.email, token)
    message = actions.release_delivery(unproven, actor=admin)
    assert (message.kind, message.author, message.ticket) == ("note", alice, ticket)


@pytest.mark.parametrize("sender", ["support@demo.test", "a@x.test, b@y.test"])
def test_nobodys_mail_can_be_filed_but_not_released(sender, ticket, set_aside, admin):
    unclear = set_aside(sender)
    with pytest.raises(CannotApply):
        actions.release_delivery(unclear, actor=admin)
    message = actions.refile_delivery(unclear, ticket=ticket, actor=admin)
    assert (message.ticket, message.customer) == (ticket, None)
    assert message.is_unverified


def test_refile_puts_it_where_a_person_says(leaked, ticket, mail_in, inbox, admin):
    other = mail_in(inbox, "dan@example.org", "Other", "Other.").ticket
    message = actions.refile_delivery(leaked, ticket=other, actor=admin)
    assert message.ticket == other
    assert ticket.messages.count() == 1
    assert Event.objects.get(name="delivery.refiled").details["filed_in"] == str(other.pk)


@pytest.mark.parametrize(("whole", "value"), [(False, "bella@example.org"), (True, "example.org")])
def test_block_sends_what_follows_to_the_spam_folder(whole, value, leaked, inbox, mail_in, admin):
    block = actions.block_sender_of(leaked, actor=admin, whole=whole)
    leaked.refresh_from_db()
    assert (block.value, leaked.state, leaked.reason_code) == (value, "dismissed", "sender_blocked")
    assert mail_in(inbox, "Bella@Example.org", "Hello", "Hello again.").ticket.spam_at


def test_what_was_dealt_with_is_dealt_with(leaked, ticket, admin):
    actions.release_delivery(leaked, actor=admin)
    for again in (
        lambda: actions.release_delivery(leaked, actor=admin),
        lambda: actions.refile_delivery(leaked, ticket=ticket, actor=admin),
        lambda: actions.block_sender_of(leaked, actor=admin),
    ):
        with pytest.raises(AlreadyThere):
            again()
    assert ticket.messages.count() == 2


def test_what_a_bug_of_ours_kept_back_can_be_released_too(leaked, ticket, admin):
    mark_delivery_failed(leaked, reason="internal error: KeyError")
    assert actions.release_delivery(leaked, actor=admin).ticket == ticket


@pytest.mark.parametrize("fault", [ParserBug, ZygoteLost])
def test_what_our_reader_fails_on_is_refused_and_shown(fault, leaked, admin, client, monkeypatch):
    def fail(delivery):
        raise fault

    mark_delivery_failed(leaked, reason="internal error: ParserBug")
    for module in (actions.quarantine, quarantine_pages):
        monkeypatch.setattr(module, "read_inbound", fail)
    client.force_login(admin)

    with pytest.raises(CannotApply):
        actions.release_delivery(leaked, actor=admin)
    assert b"My lamp flickers" in client.get(f"/deliveries/{leaked.pk}/").content


@pytest.mark.django_db(transaction=True)
def test_two_admins_at_once_release_it_once(leaked, ticket, admin):
    gate, ends = threading.Barrier(2), []

    def release():
        gate.wait()
        try:
            ends.append(actions.release_delivery(leaked, actor=admin))
        except AlreadyThere:
            ends.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=release) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(end is None for end in ends) == [False, True]
    assert Message.objects.filter(ticket=ticket).count() == 2


# The API


def test_the_api_lists_by_state_and_page(set_aside, api, admin, supervisor, alice, ticket):
    ids = [str(set_aside(f"s{n}@x.test", dmarc="fail").pk) for n in range(3)]
    listed = api(supervisor).get("/api/v1/deliveries/?state=quarantined").json()
    assert [row["id"] for row in listed["results"]] == ids[::-1]
    assert listed["results"][0]["reason_code"] == "dmarc_fail"
    assert listed["results"][0]["verdicts"] == {"dmarc": "fail"}
    assert listed["next"] is None
    assert "s1@x.test" not in str(listed)
    assert api(supervisor).get("/api/v1/deliveries/?state=applied").json()["results"] == []
    assert api(supervisor).get("/api/v1/deliveries/?state=lost").status_code == 400
    assert api(supervisor).get("/api/v1/deliveries/?after=x").json()["results"] == []
    assert api(alice).get("/api/v1/deliveries/").status_code == 403


def test_the_pages_of_the_list_meet_without_gap_or_overlap(set_aside, supervisor):
    ids = [set_aside(f"s{n}@x.test", dmarc="fail").pk for n in range(5)]
    seen, after = [], ""
    while True:
        page = list_deliveries_behind(supervisor, after=after, limit=2)
        seen += [row.pk for row in page.rows]
        if not page.next:
            break
        after = page.next
    assert seen == ids[::-1]


def test_the_api_releases_refiles_and_blocks(leaked, set_aside, ticket, api, admin, supervisor):
    url = f"/api/v1/deliveries/{leaked.pk}"
    assert api(supervisor).post(f"{url}/release/").status_code == 403

    assert (
        api(admin).post(f"{url}/refile/", {"ticket": str(admin.pk)}, format="json").status_code
        == 400
    )
    assert (
        api(admin)
        .post(f"{url}/refile/", {"ticket": "x", "state": "applied"}, format="json")
        .status_code
        == 400
    )
    filed = api(admin).post(f"{url}/refile/", {"ticket": str(ticket.pk)}, format="json")
    assert (filed.status_code, filed.json()["state"]) == (201, "applied")
    assert filed.json()["ticket"] == str(ticket.pk)
    assert api(admin).post(f"{url}/release/").json()["code"] == "already_there"

    other = f"/api/v1/deliveries/{set_aside('x@spam.test', dmarc='fail').pk}"
    assert api(admin).post(f"{other}/block/").json()["state"] == "dismissed"
    assert SenderBlock.objects.get().value == "x@spam.test"

    third = f"/api/v1/deliveries/{set_aside('y@x.test', dmarc='fail').pk}"
    keyed = {"headers": {"Idempotency-Key": "once"}}
    answers = [api(admin).post(f"{third}/release/", **keyed) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Ticket.objects.filter(pk=answers[0].json()["ticket"]).get().messages.count() == 1


def test_a_strangers_mail_that_was_let_in_does_not_lead_the_next_answer_to_them(
    leaked, ticket, admin, alice, sign_in
):
    actions.release_delivery(leaked, actor=admin)

    page = sign_in(alice).get(f"/tickets/{ticket.pk}/")
    answer = actions.reply(ticket, actor=alice, body="It is on its way.")

    assert page.context["recipients"].to == "carol@example.org"
    assert answer.addresses["to"] == ["carol@example.org"]


def test_an_answer_chosen_for_somebody_else_keeps_them_in_the_conversation(
    leaked, ticket, admin, alice, sign_in
):
    actions.reply(ticket, actor=alice, body="Bella, please?", cc=["bella@example.org"])
    actions.release_delivery(leaked, actor=admin)

    page = sign_in(alice).get(f"/tickets/{ticket.pk}/")
    assert page.context["recipients"].to == "bella@example.org"
    assert actions.reply(ticket, actor=alice, body="Thanks.").addresses["to"] == [
        "bella@example.org"
    ]
