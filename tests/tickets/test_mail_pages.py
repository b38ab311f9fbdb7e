"""What people see and decide about mails: quarantine, spam, removal, suggestions, sending."""

import pytest

from connectors.actions import block_sender, mark_applied, quarantine, store_raw
from connectors.models import RawContent, RawDelivery, SenderBlock
from core.clock import now
from tickets import actions
from tickets.models import Delivery, Message, Suggestion, Ticket
from tickets.queries import ListRequest, list_tickets, list_with_counts

MAIL = (
    "From: {sender}\r\nTo: support@demo.test\r\nSubject: About my lamp\r\n"
    "Message-ID: <{id}@example.net>\r\n\r\nIt <b>flickers</b> again.\r\n"
)


@pytest.fixture
def set_aside(inbox):
    """A mail in quarantine, as it came."""

    def make(sender="Eve <eve@example.net>", *, number=1, suspected=None, reason="Set aside."):
        raw = MAIL.format(sender=sender, id=number).encode()
        delivery = store_raw(
            inbox, raw=raw, source="smtp", external_id=f"<{number}>", envelope={"mail_from": "e@x"}
        )
        quarantine(delivery, reason=reason, suspected_ticket_id=suspected)
        return delivery

    return make


def changes(client, ticket):
    return client.get(f"/tickets/{ticket.pk}/changes/?after=0").content.decode()


# Quarantine


def test_the_quarantine_names_sender_subject_reason_and_the_ticket_it_wanted(
    admin, sign_in, ticket, set_aside
):
    delivery = set_aside(
        suspected=ticket.pk, reason="A stranger used the reply address of somebody else."
    )
    delivery.verdicts = {"spf": "pass", "dkim": "fail", "dmarc": "fail"}
    delivery.save(update_fields=["verdicts"])

    page = sign_in(admin).get("/deliveries/").content.decode()

    assert "Eve &lt;eve@example.net&gt;" in page
    assert "About my lamp" in page
    assert "A stranger used the reply address of somebody else." in page
    assert f"#{ticket.number}" in page
    assert "<b>DMARC</b> fail" in page
    assert '<span class="n">1</span>' in page


def test_a_list_of_deliveries_costs_the_same_for_one_and_for_many(
    admin, sign_in, set_aside, django_assert_max_num_queries
):
    for number in range(12):
        set_aside(number=number)
    client = sign_in(admin)
    with django_assert_max_num_queries(10):
        client.get("/deliveries/")


def test_a_mail_in_quarantine_is_shown_as_text_alone(admin, sign_in, set_aside):
    page = sign_in(admin).get(f"/deliveries/{set_aside().pk}/").content.decode()

    assert "It &lt;b&gt;flickers&lt;/b&gt; again." in page


def test_an_erased_mail_still_has_its_page(admin, sign_in, set_aside):
    delivery = set_aside()
    RawContent.objects.filter(delivery=delivery).delete()

    page = sign_in(admin).get(f"/deliveries/{delivery.pk}/")

    assert page.status_code == 200
    assert "cannot be opened" in page.content.decode()


def test_a_released_mail_becomes_a_message(admin, sign_in, set_aside):
    delivery = set_aside()

    answer = sign_in(admin).post(f"/deliveries/{delivery.pk}/release/")

    assert answer.status_code == 302
    delivery.refresh_from_db()
    assert delivery.state == RawDelivery.State.APPLIED
    assert Ticket.objects.get(pk=delivery.ticket_id).subject == "About my lamp"


def test_a_mail_that_cannot_be_released_says_why(admin, sign_in, set_aside):
    delivery = set_aside("support@demo.test")

    answer = sign_in(admin).post(f"/deliveries/{delivery.pk}/release/")

    assert answer.status_code == 409
    assert "It claims to come from one of our own addresses." in answer.content.decode()
    delivery.refresh_from_db()
    assert delivery.state == RawDelivery.State.QUARANTINED


def test_a_mail_is_filed_into_the_ticket_named_by_its_number(admin, sign_in, ticket, set_aside):
    delivery = set_aside()

    sign_in(admin).post(f"/deliveries/{delivery.pk}/refile/", {"number": f"#{ticket.number}"})

    filed = Message.objects.select_related("ticket").get(ticket=ticket, seq__gt=ticket.seq)
    assert "flickers" in filed.body
    assert filed.is_unverified


@pytest.mark.parametrize("number", ["", "lamp", "#99999999", "²"])
def test_a_mail_is_filed_nowhere_without_a_number_of_a_ticket(admin, sign_in, set_aside, number):
    delivery = set_aside()
    answer = sign_in(admin).post(f"/deliveries/{delivery.pk}/refile/", {"number": number})
    assert answer.status_code == 409
    assert not Message.objects.exists()


def test_blocking_the_sender_of_a_mail_puts_it_aside(admin, sign_in, set_aside):
    delivery = set_aside()

    sign_in(admin).post(f"/deliveries/{delivery.pk}/block/", {"domain": "1"})

    delivery.refresh_from_db()
    assert delivery.state == RawDelivery.State.DISMISSED
    assert [block.value for block in SenderBlock.objects.all()] == ["example.net"]


def test_tickets_to_file_into_are_found_by_number_and_by_words(
    alice, sign_in, ticket, billing_ticket
):
    client = sign_in(alice)
    by_words = client.get("/tickets/targets/?number=flickers").content.decode()
    hidden = client.get(f"/tickets/targets/?number={billing_ticket.number}").content.decode()

    assert f'value="{ticket.number}"' in by_words
    assert "Invoice" not in hidden


# Spam


def test_spam_stands_in_its_own_view_and_in_no_other(alice, sign_in, ticket, mail_in, inbox):
    other = mail_in(inbox, "carol@example.org", "Another thing", "Please.").ticket
    actions.mark_spam(ticket, actor=alice)

    shown = {
        view: [t.pk for t in list_tickets(alice, ListRequest(view=view)).rows]
        for view in ("open", "unassigned", "all", "spam", f"team-{ticket.team_id}")
    }

    assert shown.pop("spam") == [ticket.pk]
    assert all(found == [other.pk] for found in shown.values())
    assert list_with_counts(alice, ListRequest())[1]["open"] == 1
    assert "My lamp flickers" not in sign_in(alice).get(f"/tickets/{other.pk}/").content.decode()


def test_spam_pages_follow_one_another(alice, ticket, mail_in, inbox):
    others = [mail_in(inbox, f"{n}@example.org", "s", "b").ticket for n in range(4)]
    for spam in others:
        actions.mark_spam(spam, actor=alice)

    first = list_tickets(alice, ListRequest(view="spam", limit=3))
    second = list_tickets(alice, ListRequest(view="spam", limit=3, after=first.next))

    assert [t.pk for t in [*first.rows, *second.rows]] == [t.pk for t in reversed(others)]


def test_marking_as_spam_and_back_is_told_in_the_conversation(alice, sign_in, ticket):
    client = sign_in(alice)

    marked = client.post(f"/tickets/{ticket.pk}/spam/", {"value": "yes"}).content.decode()
    unmarked = client.post(f"/tickets/{ticket.pk}/spam/", {"value": "no"}).content.decode()

    assert "put the ticket into the spam folder" in marked
    assert "it stands in no other list" in marked
    assert "took the ticket out of the spam folder" in unmarked
    assert "it stands in no other list" not in unmarked


def test_agents_block_an_address_but_not_a_domain(alice, sign_in, ticket):
    client = sign_in(alice)

    refused = client.post(f"/tickets/{ticket.pk}/block/", {"value": "domain"})
    done = client.post(f"/tickets/{ticket.pk}/block/", {"value": "address"})

    assert refused.status_code == 403
    assert done.status_code == 200
    assert [block.value for block in SenderBlock.objects.all()] == ["carol@example.org"]
    assert Ticket.objects.get(pk=ticket.pk).spam_at


# On a message


def test_an_unverified_message_says_so_and_why(alice, supervisor, sign_in, ticket):
    ticket.messages.update(is_unverified=True, verdicts={"spf": "softfail", "dmarc": "none"})

    seen_by_agent = sign_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()
    seen_by_lead = sign_in(supervisor).get(f"/tickets/{ticket.pk}/").content.decode()

    assert "no server vouches that it comes from" in seen_by_agent
    assert "soft fail" not in seen_by_agent
    assert "soft fail" in seen_by_lead


def test_a_message_shows_what_came_with_it(alice, sign_in, ticket):
    asked = ticket.messages.get()
    asked.extras = {
        "forwarded_by": "bob@demo.test",
        "protection": "pgp-encrypted",
        "invitations": [
            {
                "method": "REQUEST",
                "summary": "<i>Fitting</i>",
                "starts": "2026-12-03T09:00:00+00:00",
                "ends": "2026-12-03T10:30:00+00:00",
                "location": "Harbour Lane",
                "organizer": "ivo@example.net",
            }
        ],
    }
    asked.save(update_fields=["extras"])
    alice.timezone = "Asia/Shanghai"
    alice.save()

    page = sign_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()

    assert "Forwarded by" in page
    assert "bob@demo.test" in page
    assert "Encrypted with PGP" in page
    assert "&lt;i&gt;Fitting&lt;/i&gt;" in page
    assert "17:00–18:30 (CST)" in page


@pytest.mark.parametrize("starts", ["", "tomorrow", "2026-12-03", "2026-12-03T09:00:00", None, 7])
def test_an_invitation_without_a_usable_time_breaks_no_page(alice, sign_in, ticket, starts):
    asked = ticket.messages.get()
    asked.extras = {"invitations": [{"method": "X", "starts": starts, "ends": starts}]}
    asked.save(update_fields=["extras"])
    assert sign_in(alice).get(f"/tickets/{ticket.pk}/").status_code == 200


def test_the_mail_behind_a_message_can_be_downloaded_as_it_came(supervisor, sign_in, ticket, inbox):
    raw = b"Subject: x\r\n\r\n<script>alert(1)</script>"
    delivery = store_raw(inbox, raw=raw, source="smtp", external_id="<r>", envelope={})
    asked = ticket.messages.get()
    mark_applied(delivery, ticket_id=ticket.pk, message_id=asked.pk)

    answer = sign_in(supervisor).get(f"/tickets/messages/{asked.pk}/raw/")

    assert answer.content == raw
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


def test_removed_words_leave_their_trace(supervisor, sign_in, ticket):
    asked = ticket.messages.get()
    client = sign_in(supervisor)

    told = client.post(
        f"/tickets/messages/{asked.pk}/remove/", {"how": "redact", "reason": "A card number"}
    ).content.decode()

    assert "The words of this message were removed." in told
    assert "A card number" in told
    assert "removed the words of a message" in told
    assert "It went dark twice today." not in changes(client, ticket)


def test_a_deleted_message_leaves_open_pages_and_a_note(supervisor, sign_in, ticket):
    asked = ticket.messages.get()
    client = sign_in(supervisor)

    told = client.post(
        f"/tickets/messages/{asked.pk}/remove/", {"how": "delete", "reason": "Sent by mistake"}
    ).content.decode()

    assert f'data-withdrawn="{asked.pk}"' in told
    assert "Sent by mistake" in told
    assert not Message.objects.filter(pk=asked.pk).exists()


def test_nothing_is_removed_without_a_reason(supervisor, sign_in, ticket):
    asked = ticket.messages.get()
    answer = sign_in(supervisor).post(f"/tickets/messages/{asked.pk}/remove/", {"reason": " "})
    assert answer.status_code == 400
    assert not Message.objects.get(pk=asked.pk).redacted_at


def test_suggestions_are_shown_until_somebody_dismisses_them(
    alice, sign_in, ticket, mail_in, inbox, billing_ticket
):
    other = mail_in(inbox, "carol@example.org", "The same again", "b").ticket
    suggestion = Suggestion.objects.create(ticket=other, other=ticket, reason="subject")
    Suggestion.objects.create(ticket=other, other=billing_ticket, reason="number")
    client = sign_in(alice)

    page = client.get(f"/tickets/{other.pk}/").content.decode()
    told = client.post(f"/tickets/suggestions/{suggestion.pk}/dismiss/").content.decode()

    assert f"#{ticket.number} <bdi>My lamp flickers" in page
    assert "Invoice 4711" not in page, "nobody is told of tickets they may not see"
    assert "May belong to" not in told


def test_a_ticket_without_a_subject_says_so_in_the_language_of_the_reader(
    alice, sign_in, mail_in, inbox
):
    silent = mail_in(inbox, "carol@example.org", "", "No subject at all.").ticket
    alice.language = "zh-hans"
    alice.save()
    client = sign_in(alice)

    assert "（无主题）" in client.get(f"/tickets/{silent.pk}/").content.decode()
    assert "（无主题）" in client.get("/tickets/").content.decode()


# Outgoing


@pytest.fixture
def failed(ticket, bob):
    message = actions.reply(ticket, actor=bob, body="Try another bulb.")
    actions.mark_failed(
        actions.start_sending(message.pk),
        problem="The outgoing server cannot be reached.",
        is_retriable=True,
    )
    return message


def test_what_failed_is_listed_with_its_reason_and_can_be_sent_again(supervisor, sign_in, failed):
    client = sign_in(supervisor)
    page = client.get("/outgoing/?state=failed").content.decode()

    client.post(f"/tickets/messages/{failed.pk}/resend/", {"state": "failed"})

    assert "carol@example.org" in page
    assert "The outgoing server cannot be reached." in page
    assert Delivery.objects.get(message=failed).state == Delivery.State.SCHEDULED
    assert "carol@example.org" in client.get("/outgoing/?state=waiting").content.decode()


def test_what_may_have_arrived_is_listed_and_said_on_the_message(
    supervisor, sign_in, ticket, failed
):
    Delivery.objects.filter(message=failed).update(ambiguous_at=now(), state="sent", sent_at=now())
    client = sign_in(supervisor)

    assert (
        "it may have arrived already" in client.get("/outgoing/?state=ambiguous").content.decode()
    )
    assert "it may have arrived already" in client.get(f"/tickets/{ticket.pk}/").content.decode()


def test_refused_recipients_are_named_on_the_message(alice, sign_in, ticket, failed):
    delivery = Delivery.objects.get(message=failed)
    delivery.state, delivery.sent_at, delivery.refused = "sent", now(), ["gone@example.org"]
    delivery.save()
    assert "gone@example.org" in sign_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()


def test_leads_see_only_what_leaves_from_their_tickets(wei, sign_in, failed):
    assert sign_in(wei).get("/outgoing/").status_code == 403


def test_blocked_senders_are_listed_and_unblocked(supervisor, sign_in):
    block = block_sender("casino@spam.example", actor=supervisor)
    client = sign_in(supervisor)

    assert "casino@spam.example" in client.get("/senders/blocked/").content.decode()
    client.post(f"/senders/blocked/{block.pk}/remove/")
    assert not SenderBlock.objects.exists()
