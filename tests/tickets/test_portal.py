"""Customers see and follow their own requests, and nothing else."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from core import clock
from customers.actions import add_organisation
from customers.models import Customer, Identity, SignInCode
from customers.queries import consent_allows
from tickets import actions
from tickets.actions.portal import follow_token
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def post(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def home(inbox):
    return f"/portal/{inbox.brand.slug}/"


@pytest.fixture
def visitor(home, react):
    """Signs a browser in by the code that is mailed to the address."""

    def sign_in(address, client=None):
        client = client or Client()
        assert ask(client, home, address).status_code == 302
        react()
        answer = client.post(f"{home}sign-in/code/", {"code": sent_code()})
        assert (answer.status_code, answer["Location"]) == (302, home)
        return client

    return sign_in


def ask(client, home, address):
    return client.post(f"{home}sign-in/", {"email": address})


def sent_code():
    return re.search(r"\d{3} \d{3}", mail.outbox[-1].subject)[0]


def sent_link():
    return re.search(r"/portal/\S+", mail.outbox[-1].body)[0]


def text_of(answer):
    return answer.content.decode()


# Signing in


def test_a_code_signs_in_and_shows_the_own_requests(visitor, home, ticket):
    page = visitor("carol@example.org").get(home)
    assert ticket.subject in text_of(page)
    assert Identity.objects.get(customer=ticket.customer, kind="email").verified_by == "code"


def test_who_is_unknown_is_treated_alike(home, ticket, react):
    answers = [ask(Client(), home, who) for who in ("carol@example.org", "nobody@example.org")]
    react()
    assert [a.status_code for a in answers] == [302, 302]
    assert {len(m.body) for m in mail.outbox} == {len(mail.outbox[0].body)}
    assert len(mail.outbox) == 2


def test_the_mail_holds_nothing_that_whoever_asked_could_write(home, react):
    ask(Client(HTTP_USER_AGENT="canary", HTTP_REFERER="http://canary"), home, "a@example.org")
    react()
    assert "canary" not in mail.outbox[0].subject + mail.outbox[0].body


def test_a_code_is_good_once(visitor, home):
    client = visitor("carol@example.org")
    code = sent_code()
    client.post(f"{home}sign-out/")
    session = client.session
    session["portal_code"] = str(SignInCode.objects.get().pk)
    session.save()
    again = client.post(f"{home}sign-in/code/", {"code": code})
    assert again.status_code == 400
    assert client.get(f"{home}about-you/").status_code == 302


def test_wrong_codes_end_it(home, react):
    client = Client()
    ask(client, home, "carol@example.org")
    react()
    right = sent_code()
    wrong = f"{(int(right.replace(' ', '')) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert client.post(f"{home}sign-in/code/", {"code": wrong}).status_code == 400
    assert client.post(f"{home}sign-in/code/", {"code": right}).status_code == 400


def test_a_code_ends_after_a_quarter_of_an_hour(home, react):
    client = Client()
    ask(client, home, "carol@example.org")
    react()
    with clock.at(clock.now() + timedelta(minutes=16)):
        answer = client.post(f"{home}sign-in/code/", {"code": sent_code()})
    assert answer.status_code == 400


def test_a_link_opened_by_a_scanner_is_not_consumed(home, react):
    client = Client()
    ask(client, home, "carol@example.org")
    react()
    link = sent_link()
    for _ in range(20):
        assert Client().get(link).status_code == 200
        assert Client().head(link).status_code == 200
    assert Client().post(link).status_code == 400  # another browser
    assert client.get(link).status_code == 200
    assert client.post(link).status_code == 302
    assert client.get(f"{home}about-you/").status_code == 200


def test_a_link_made_up_opens_nothing(home, react):
    client = Client()
    ask(client, home, "carol@example.org")
    react()
    link = sent_link()
    other = "1" if link[-2] == "0" else "0"
    for made_up in (f"{link[:-2]}{other}/", f"{home}sign-in/x/", f"{home}sign-in/%20/"):
        assert client.post(made_up).status_code == 400


@pytest.mark.parametrize("asked", [pytest.param(4, id="A50")])
def test_an_address_gets_three_codes_an_hour(home, react, asked):
    answers = [ask(Client(), home, "carol@example.org") for _ in range(asked)]
    react()
    assert [a.status_code for a in answers] == [302, 302, 302, 429]
    assert len(mail.outbox) == 3


def test_the_session_holds_no_address(visitor):
    client = visitor("carol@example.org")
    assert "carol" not in str(dict(client.session.items()))


# What is shown


def test_others_requests_do_not_exist(visitor, home, ticket, billing_ticket):
    client = visitor("carol@example.org")
    assert client.get(f"{home}requests/{ticket.pk}/").status_code == 200
    assert client.get(f"{home}requests/{billing_ticket.pk}/").status_code == 404
    assert (
        client.post(f"{home}requests/{billing_ticket.pk}/answer/", {"body": "x"}).status_code == 404
    )
    assert client.post(f"{home}requests/{billing_ticket.pk}/reopen/").status_code == 404


def test_signed_out_nothing_is_shown(home, ticket):
    client = Client()
    for path in (f"requests/{ticket.pk}/", "about-you/"):
        assert client.get(home + path)["Location"] == f"{home}sign-in/"
    assert ticket.subject not in text_of(client.get(home))


def test_notes_and_answers_not_yet_sent_stay_inside(visitor, home, ticket, alice, react):
    actions.add_note(ticket, actor=alice, body="internal words")
    actions.reply(ticket, actor=alice, body="words still to be undone")
    client = visitor("carol@example.org")
    page = text_of(client.get(f"{home}requests/{ticket.pk}/"))
    assert "internal words" not in page and "still to be undone" not in page
    with clock.at(clock.now() + timedelta(minutes=1)):
        react()
        page = text_of(client.get(f"{home}requests/{ticket.pk}/"))
    assert "still to be undone" in page


def test_what_a_service_mails_into_the_ticket_is_not_shown(visitor, home, ticket, mail_in):
    """A21: whoever can read our mail through the portal could sign in elsewhere as us."""
    Message.objects.create(
        ticket=ticket,
        seq=99,
        touched_seq=99,
        direction="in",
        customer=Customer.objects.exclude(pk=ticket.customer_id).first(),
        body="Your Slack code is 123456",
    )
    page = text_of(visitor("carol@example.org").get(f"{home}requests/{ticket.pk}/"))
    assert "123456" not in page


def test_files_come_with_the_message_they_belong_to(visitor, home, ticket, billing_ticket):
    message = ticket.messages.get()
    file = actions.attach(
        ticket, message, filename="lamp.svg", content_type="image/svg+xml", content=b"<svg/>"
    )
    answer = visitor("carol@example.org").get(f"{home}files/{file.pk}/")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    other = visitor("dora@example.org").get(f"{home}files/{file.pk}/")
    assert other.status_code == 404


# What customers do


def test_a_request_is_filed_answered_solved_and_opened_again(visitor, home, inbox):
    client = visitor("carol@example.org")
    asked = {"subject": "Broken bowl", "body": "Two of eight are cracked."}
    filed = client.post(f"{home}new/", asked)
    ticket = Ticket.objects.get()
    page = filed["Location"]
    assert page == f"{home}requests/{ticket.pk}/"
    assert (ticket.inbox, ticket.category) == (inbox, "new")

    client.post(f"{page}answer/", {"body": "Please hurry."})
    assert [m.body for m in ticket.messages.order_by("seq")][-1] == "Please hurry."
    client.post(f"{page}answer/", {"body": "", "solved": "1"})
    ticket.refresh_from_db()
    assert ticket.category == "resolved"
    client.post(f"{page}answer/", {"body": "No, it is not."})
    ticket.refresh_from_db()
    assert (ticket.category, ticket.reopen_count) == ("open", 1)


def test_the_same_form_twice_is_one_request(visitor, home):
    client = visitor("carol@example.org")
    asked = {"subject": "s", "body": "b", "client_id": "0190a8c0-0000-7000-8000-000000000001"}
    first, second = (client.post(f"{home}new/", asked) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Message.objects.count() == 1


def test_who_is_not_signed_in_sees_nothing_of_what_they_filed(home, inbox):
    client = Client()
    asked = {"subject": "s", "body": "b", "name": "Eve", "email": "carol@example.org"}
    done = client.post(f"{home}new/", asked)
    assert done["Location"] == f"{home}filed/"
    ticket = Ticket.objects.get()
    assert ticket.messages.get().is_unverified
    assert str(ticket.number) in text_of(client.get(f"{home}filed/"))
    assert client.get(f"{home}requests/{ticket.pk}/").status_code == 302


def test_long_after_it_was_solved_a_request_is_not_opened_again(visitor, home, ticket, alice):
    actions.move_to_status(ticket, actor=alice, status="resolved")
    client = visitor("carol@example.org")
    with clock.at(clock.now() + timedelta(days=15)):
        answer = client.post(f"{home}requests/{ticket.pk}/answer/", {"body": "Hello again"})
    assert answer.status_code == 409
    assert "Hello again" in text_of(answer)


def test_consents_are_given_and_taken_back(visitor, home, carol):
    client = visitor("carol@example.org")
    for action, allowed in (("granted", True), ("withdrawn", False)):
        client.post(f"{home}about-you/", {"purpose": "marketing", "action": action})
        assert consent_allows(carol, "marketing") is allowed


def test_the_secret_link_follows_one_request(home, ticket, billing_ticket):
    identity = ticket.customer.identities.get(kind="email")
    link = f"{home}follow/{follow_token(ticket.pk, identity.pk)}/"
    client = Client()
    page = client.get(link)
    assert ticket.subject in text_of(page)
    assert page["Referrer-Policy"] == "same-origin"
    client.post(link, {"body": "By the link."})
    assert ticket.messages.order_by("seq").last().is_unverified
    assert client.get(home + f"requests/{ticket.pk}/").status_code == 302
    for forged in (
        f"{home}follow/{follow_token(billing_ticket.pk, identity.pk)}/",
        f"{link[:-3]}00/",
        f"{home}follow/x/",
    ):
        assert client.get(forged).status_code == 404


def test_an_organisation_that_shares_sees_its_peoples_requests(
    visitor, home, ticket, mail_in, inbox
):
    organisation = add_organisation("Perch Ltd", actor=None)
    other = mail_in(inbox, "dan@example.org", "Dan's question", "?").ticket
    Customer.objects.filter(pk__in=[ticket.customer_id, other.customer_id]).update(
        organisation=organisation
    )
    client = visitor("carol@example.org")
    assert client.get(f"{home}requests/{other.pk}/").status_code == 404
    organisation.shares_requests = True
    organisation.save()
    assert client.get(f"{home}requests/{other.pk}/").status_code == 200


def test_the_language_is_chosen_and_kept(visitor, home, carol):
    client = visitor("carol@example.org")
    client.post(f"{home}language/", {"language": "zh-hans", "next": home})
    page = client.get(home)
    assert 'lang="zh-Hans"' in text_of(page)
    carol.refresh_from_db()
    assert carol.locale == "zh-hans"


def test_a_foreign_address_is_not_gone_to(home):
    answer = Client().post(f"{home}language/", {"language": "en", "next": "https://evil.example/"})
    assert answer["Location"] == home


@pytest.mark.parametrize("colour", ["", "#ffe14d", "#000000", "#ffffff", "#c01048"])
def test_a_brands_colours_stay_readable(home, inbox, colour):
    inbox.brand.accent = colour
    inbox.brand.save()
    sheet = text_of(Client().get(f"{home}brand.css"))
    assert len(re.findall(r"light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\)", sheet)) == 5
