"""Complaints: a promise in working time, met by what reaches the customer, closed with a cause."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.actions import note_seen, set_presence
from accounts.models import Calendar
from core import clock
from core.models import Event
from livechat.models import Chat
from surveys.actions.complaints import (
    make_complaint,
    save_complaint_policy,
    warn_of_late_complaints,
    work_complaint,
)
from surveys.actions.recovery import save_cause
from surveys.models import Complaint
from tests.conftest import write_in
from tests.livechat.conftest import Browser, nobody_known, widget  # noqa: F401
from tickets import actions
from tickets.actions.portal import close_request
from tickets.errors import TransitionRefused
from tickets.models import Message, Notification, Ticket, TicketType

pytestmark = pytest.mark.django_db
TODAY = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0)
FRIDAY = TODAY + timedelta(days=7 + (4 - TODAY.weekday()) % 7)
MONDAY = FRIDAY + timedelta(days=3)
SETTLED = timedelta(minutes=2)  # an undo delay is over


@pytest.fixture
def cause(admin):
    return save_cause(
        None, name="Broken in transit", parent=None, harm=3, is_active=True, actor=admin
    )


@pytest.fixture
def office(support):
    """Monday to Friday, 9 to 17."""
    week = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    support.calendar = Calendar.objects.create(name="Office", timezone="UTC", hours=week)
    support.save()


@pytest.fixture
def angry(inbox, office, react):
    """Carol complained on a Friday at three."""
    with clock.at(FRIDAY):
        ticket = write_in(inbox, "carol@mail.example", "Broken again", "A disgrace!").ticket
        react()
    return ticket


@pytest.fixture
def complaint(angry, alice):
    with clock.at(FRIDAY + timedelta(hours=1)):
        return make_complaint(angry, actor=alice)


def answer(ticket, user, react, at, body="We send a new one."):
    with clock.at(at):
        message = actions.reply(Ticket.objects.get(pk=ticket.pk), actor=user, body=body)
    with clock.at(at + SETTLED):
        react()
    return message


def names_of(ticket):
    found = Event.objects.filter(ticket_id=ticket.pk, name__startswith="complaint.")
    return list(found.order_by("seq").values_list("name", flat=True))


# The promise


def test_a_working_day_from_what_the_customer_wrote(complaint):
    """Two hours are left on Friday, six are of Monday; when an agent saw it does not matter."""
    assert complaint.since == FRIDAY
    assert complaint.due_at == MONDAY


def test_a_tier_has_another_promise(angry, alice, admin, sign_in):
    tier = angry.customer.tier
    given = {"hours": 8, f"tier_{tier.code}": 1}
    assert sign_in(admin).post("/settings/complaints/", given).status_code == 302
    assert make_complaint(angry, actor=alice).due_at == FRIDAY + timedelta(hours=1)


def test_only_who_sets_up_surveys_changes_the_promise(supervisor, sign_in):
    assert sign_in(supervisor).get("/settings/complaints/").status_code == 403


def test_an_answer_acknowledges_once_it_has_left(complaint, angry, alice, react):
    monday = MONDAY - timedelta(hours=5)
    with clock.at(monday):
        actions.reply(angry, actor=alice, body="I am sorry.")
        react()
        assert Complaint.objects.get().acknowledged_at is None  # it may still be undone
    with clock.at(monday + SETTLED):
        react()
    kept = Complaint.objects.get()
    assert kept.acknowledged_at == monday + SETTLED
    assert not kept.is_late
    assert names_of(angry) == ["complaint.opened", "complaint.acknowledged"]


def test_what_comes_back_acknowledges_nothing(complaint, angry, alice, react):
    message = answer(angry, alice, react, FRIDAY + timedelta(hours=1))
    assert Complaint.objects.get().acknowledged_at
    actions.mark_failed(message.delivery, problem="No such mailbox", is_retriable=False)
    react()
    assert Complaint.objects.get().acknowledged_at is None
    assert names_of(angry)[-1] == "complaint.unheard"


def test_notes_and_automatic_mails_acknowledge_nothing(complaint, angry, alice, react):
    with clock.at(FRIDAY + timedelta(hours=2)):
        actions.add_note(angry, actor=alice, body="Look into it")
    Message.objects.create(
        ticket=angry,
        direction="out",
        seq=90,
        touched_seq=90,
        classification="auto_reply",
        body="Got it",
    )
    react()
    assert Complaint.objects.get().acknowledged_at is None


def test_in_ready_words_in_the_customers_language(complaint, angry, alice, sign_in, react, mails):
    Ticket.objects.filter(pk=angry.pk).update(language="zh-hans")
    page = f"/surveys/complaints/{complaint.pk}/"
    with clock.at(FRIDAY + timedelta(hours=1)):
        assert "Tell them it was taken up" in sign_in(alice).get(page).content.decode()
        assert sign_in(alice).post(f"{page}hear/").status_code == 302
    with clock.at(FRIDAY + timedelta(hours=1) + SETTLED):
        react()
        page = sign_in(alice).get(page).content.decode()
    assert Complaint.objects.get().acknowledged_at
    said = mails()[-1].get_body(("plain",)).get_content()
    assert "感谢您告诉我们" in said
    assert f"#{angry.number}" in said
    assert Ticket.objects.get(pk=angry.pk).waiting_since  # it was no answer yet
    assert "Tell them it was taken up" not in page


def test_late_ones_are_told_once(complaint, angry, alice, supervisor):
    with clock.at(MONDAY - timedelta(minutes=1)):
        assert warn_of_late_complaints() == 0
    with clock.at(MONDAY + timedelta(minutes=1)):
        assert warn_of_late_complaints() == 1
        assert warn_of_late_complaints() == 0
    told = Notification.objects.filter(kind="overdue", ticket=angry)
    assert [row.user for row in told] == [supervisor]


# How it becomes one


def test_one_click_beside_the_ticket(angry, alice, sign_in):
    client = sign_in(alice)
    assert "Make it a complaint" in client.get(f"/tickets/{angry.pk}/complaint/").content.decode()
    shown = client.post(f"/tickets/{angry.pk}/complaint/make/", {"make": "yes"}).content.decode()
    assert "Take it up" in shown
    assert Ticket.objects.get(pk=angry.pk).type == "complaint"
    assert Complaint.objects.get().opened_by == alice


def test_the_customers_own_choice_in_the_portal(inbox, office, react, alice):
    TicketType.objects.filter(code="complaint").update(is_offered=True)
    ticket = write_in(inbox, "carol@mail.example", "Broken", "Again").ticket
    actions.set_type(ticket, actor=ticket.customer, type="complaint")
    react()
    assert Complaint.objects.get().opened_by is None


def test_angry_words_only_suggest_it(angry, alice, sign_in):
    from quality.models import Mood

    client = sign_in(alice)
    asked = "Is it a complaint?"
    assert asked not in client.get(f"/tickets/{angry.pk}/complaint/").content.decode()
    Mood.objects.create(message=angry.messages.get(), ticket=angry, mood=-80, at=FRIDAY)
    assert asked in client.get(f"/tickets/{angry.pk}/complaint/").content.decode()
    assert not Complaint.objects.exists()


def test_it_goes_with_a_merge(complaint, angry, inbox, alice, react):
    other = write_in(inbox, "carol@mail.example", "The same", "Once more").ticket
    actions.merge(angry, target=other, actor=alice)
    react()
    kept = Complaint.objects.get(ticket=other)
    assert (kept.since, kept.due_at) == (complaint.since, complaint.due_at)


# How it ends


def test_it_is_not_resolved_without_cause_and_remedy(complaint, angry, alice, cause, react):
    answer(angry, alice, react, FRIDAY + timedelta(hours=1))
    for given in ({"cause": None, "remedy": "A new one"}, {"cause": cause, "remedy": " "}):
        work_complaint(complaint, actor=alice, **given)
        for status in ("resolved", "closed"):
            with pytest.raises(TransitionRefused, match="cause and its remedy"):
                actions.move_to_status(angry, actor=alice, status=status)
    with pytest.raises(TransitionRefused):
        actions.reply(angry, actor=alice, body="Done.", status="resolved")
    work_complaint(complaint, cause=cause, remedy="Sent a new one", actor=alice)
    actions.move_to_status(angry, actor=alice, status="resolved")
    react()
    assert Complaint.objects.get().closed_at
    actions.move_to_status(angry, actor=alice, status="open")
    react()
    assert Complaint.objects.get().closed_at is None


def test_what_the_customer_closes_stays_to_be_worked(complaint, angry, alice, cause, react):
    close_request(angry, customer=angry.customer)
    react()
    assert Complaint.objects.get().closed_at is None
    work_complaint(complaint, cause=cause, remedy="Said sorry", actor=alice)
    assert Complaint.objects.get().closed_at


# Pages


def test_the_list_shows_the_longest_overdue_first(
    complaint, angry, inbox, alice, supervisor, react, sign_in
):
    with clock.at(FRIDAY + timedelta(hours=1)):
        later = write_in(inbox, "dan@mail.example", "Also late", "Hm").ticket
        make_complaint(later, actor=alice)
        heard = write_in(inbox, "eve@mail.example", "Heard", "Hm").ticket
        make_complaint(heard, actor=alice)
    answer(heard, alice, react, FRIDAY + timedelta(hours=1))
    with clock.at(FRIDAY + timedelta(days=10)):
        page = sign_in(supervisor).get("/surveys/complaints/").content.decode()
    places = [page.index(f"#{ticket.number} ") for ticket in (angry, later, heard)]
    assert places == sorted(places)
    assert page.count(">overdue<") == 2


def test_agents_have_no_list_but_their_own_complaints(complaint, alice, mallory, light, sign_in):
    page = f"/surveys/complaints/{complaint.pk}/"
    assert sign_in(alice).get("/surveys/complaints/").status_code == 403
    assert sign_in(alice).get(page).status_code == 200
    assert sign_in(mallory).get(page).status_code == 404
    assert sign_in(light).get(page).status_code == 403


def test_figures(inbox, alice, admin, supervisor, cause, react, sign_in):
    """Three complaints in ten conversations: two acknowledged, one of them in time."""
    save_complaint_policy(hours=1, tier_hours={}, actor=admin)
    start = FRIDAY
    with clock.at(start):
        asked = [write_in(inbox, f"c{n}@mail.example", f"Ask {n}", "Hm").ticket for n in range(10)]
        made = [make_complaint(ticket, actor=alice) for ticket in asked[:3]]
    answer(asked[0], alice, react, start + timedelta(minutes=30))
    answer(asked[1], alice, react, start + timedelta(hours=3))
    work_complaint(made[0], cause=cause, remedy="A new one", actor=alice)
    with clock.at(start + timedelta(hours=4)):
        page = sign_in(supervisor).get("/surveys/complaints/").content.decode()
    shown = " ".join(page.split())
    # Wilson's interval of 3 in 10.
    assert '<b>30.0</b><span class="meta">10.8 – 60.3 · n = 10</span>' in shown
    assert "n = 3" in shown  # below five no share is said
    assert "Broken in transit" in shown


def test_an_answer_in_a_chat_has_arrived_at_once(widget, alice, sign_in, react):  # noqa: F811
    set_presence(alice, state="online", actor=alice)
    note_seen(alice)
    chat = Browser(widget).meet().begin("You broke it again!")["id"]
    sign_in(alice).post(f"/chats/{chat}/accept/")
    react()
    ticket = Chat.objects.get(pk=chat).ticket
    make_complaint(ticket, actor=alice)
    actions.reply(ticket, actor=alice, body="I am sorry.")
    react()
    assert Complaint.objects.get().acknowledged_at
