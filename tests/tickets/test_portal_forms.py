"""The request form that asks one question after another, and what may answer it before."""

import re

import pytest
from django.test import Client

from core.models import Event
from customers.models import CustomField
from tickets import actions
from tickets.models import Macro, Message, Ticket, TicketType
from tickets.queries.answers import find_macros, terms_of
from tickets.queries.outbound import outbound_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(inbox):
    return f"/portal/{inbox.brand.slug}/"


@pytest.fixture
def carols(inbox, carol):
    """Carol's browser, signed in."""
    client = Client()
    session = client.session
    session["portal_identity"] = str(carol.identities.get(kind="email").pk)
    session.save()
    return client


@pytest.fixture
def types(db):
    """Two kinds of requests; a return is asked for its order and why."""
    order = make_field("order", name="Order number", customer_name="Your order", is_required=True)
    reasons = [{"code": "broken", "name": "It broke"}, {"code": "late", "name": "It came late"}]
    reason = make_field("reason", name="Reason", kind="choice", options=reasons)
    secret = make_field("shelf", name="Shelf", is_for_customers=False)
    question = TicketType.objects.create(code="question", name="Question")
    returned = TicketType.objects.create(
        code="return", name="RMA", customer_name="Send something back", position=1
    )
    TicketType.objects.create(code="internal", name="Internal", is_offered=False)
    returned.fields.set([order, reason, secret])
    return question, returned


def make_field(code, **fields):
    given = {"owner": "ticket", "kind": "text", "is_for_customers": True} | fields
    return CustomField.objects.create(code=code, **given)


class Walk:
    """Somebody who answers a page's question and sends everything the page holds."""

    def __init__(self, client, url):
        self.client, self.url = client, url
        self.page = client.get(url)

    @property
    def text(self):
        return self.page.content.decode()

    @property
    def step(self):
        return re.search(r'name="step" value="([^"]*)"', self.text)[1]

    def hidden(self):
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.text)
        return [pair for pair in found if pair[0] not in ("csrfmiddlewaretoken", "next")]

    def send(self, **answers):
        data = {}
        for name, value in [*self.hidden(), *answers.items()]:
            data.setdefault(name, []).append(value)
        self.page = self.client.post(self.url, data)
        return self


def test_each_question_has_a_page_and_all_answers_reach_the_ticket(carols, home, types):
    walk = Walk(carols, f"{home}new/")
    assert walk.step == "type"
    assert "Send something back" in walk.text and "Internal" not in walk.text
    assert walk.send(type="return").step == "custom_order"
    assert "Your order" in walk.text and "Question 2 of 5" in walk.text
    assert walk.send(custom_order="PL-20418").step == "custom_reason"
    assert walk.send(custom_reason="broken").step == "subject"
    assert walk.send(subject="A cracked bowl").step == "body"
    done = walk.send(body="Right through.").page
    ticket = Ticket.objects.get()
    assert done["Location"] == f"{home}requests/{ticket.pk}/"
    assert (ticket.type, ticket.subject) == ("return", "A cracked bowl")
    assert ticket.custom == {"order": "PL-20418", "reason": "broken"}
    page = carols.get(done["Location"]).content.decode()
    for words in ("Send something back", "Your order", "PL-20418", "It broke"):
        assert words in page


def test_what_is_required_is_asked_again_and_nothing_is_lost(carols, home, types):
    walk = Walk(carols, f"{home}new/").send(type="return").send(custom_order="")
    assert (walk.page.status_code, walk.step) == (400, "custom_order")
    assert ("type", "return") in walk.hidden()
    assert walk.send(custom_order="1").step == "custom_reason"
    assert Ticket.objects.count() == 0


def test_without_a_kind_one_does_not_go_on(carols, home, types):
    walk = Walk(carols, f"{home}new/").send()
    assert (walk.page.status_code, walk.step) == (400, "type")


def test_going_back_keeps_the_answers_and_another_kind_asks_its_own(carols, home, types):
    walk = Walk(carols, f"{home}new/").send(type="return").send(custom_order="PL-1")
    walk.send(back="custom_order")
    assert walk.step == "custom_order" and 'value="PL-1"' in walk.text
    walk.send(custom_order="PL-2", back="type")
    assert re.search(r'value="return" required checked', walk.text)
    assert walk.send(type="question").step == "subject"
    walk.send(subject="s").send(body="b")
    assert Ticket.objects.get().custom == {}


def test_a_field_of_ours_cannot_be_filled_in_by_customers(carols, home, types):
    Walk(carols, f"{home}new/").send(type="return").send(custom_order="1").send().send(
        subject="s"
    ).send(body="b", custom_shelf="mine")
    assert "shelf" not in Ticket.objects.get().custom


def test_strangers_say_last_where_to_answer(home, inbox, types):
    walk = Walk(Client(), f"{home}new/").send(type="question").send(subject="s").send(body="b")
    assert walk.step == "who"
    assert walk.send(name="Eve", email="nonsense").page.status_code == 400
    assert walk.send(name="Eve", email="eve@example.org").page["Location"] == f"{home}filed/"
    assert Ticket.objects.get().messages.get().is_unverified


def test_a_single_kind_needs_no_question(carols, home):
    TicketType.objects.all().delete()
    TicketType.objects.create(code="question", name="Question")
    assert Walk(carols, f"{home}new/").step == "subject"


# What may answer it already


@pytest.fixture
def macros(db):
    public = {"is_public": True}
    return {
        "bowl": Macro.objects.create(
            name="Something arrived cracked or broken",
            body="Send us a photo within 14 days.",
            language="en",
            **public,
        ),
        "碗": Macro.objects.create(
            name="收到的碗破损了怎么办",
            body="请在 14 天内发照片给我们。",
            language="zh-hans",
            **public,
        ),
        "named": Macro.objects.create(
            name="Cracked and named", body="Dear {{customer.name}}, cracked again?", **public
        ),
        "ours": Macro.objects.create(name="Cracked: internal", body="cracked secret words"),
    }


def offered(client, home, words, language="en"):
    client.cookies["django_language"] = language
    return client.post(f"{home}new/answers/", {"words": words}).content.decode()


def test_public_answers_are_offered_by_shared_words(home, inbox, macros):
    page = offered(Client(), home, "my bowls are cracking")
    assert "Something arrived cracked or broken" in page
    assert "Send us a photo" in page
    assert "secret words" not in page and "customer.name" not in page


def test_they_are_offered_in_the_customers_language(home, inbox, macros):
    page = offered(Client(), home, "我的碗破损了", "zh-hans")
    assert "14 天内" in page and "Send us a photo" not in page
    assert offered(Client(), home, "cracked bowl", "zh-hans").strip() == ""


def test_words_that_say_nothing_find_nothing(inbox, macros):
    assert terms_of("How do I, please? 我的") == frozenset()
    assert find_macros("how can I do this", brand=inbox.brand, language="en") == []


def test_without_scripts_they_stand_on_the_next_page(carols, home, macros):
    walk = Walk(carols, f"{home}new/").send(subject="cracked bowl")
    assert walk.step == "body" and "This solved it" in walk.text


def test_what_helped_is_written_down_once_per_visitor(carols, home, macros, carol):
    name = f"macro:{macros['bowl'].pk}"
    for _ in range(2):
        answer = carols.post(f"{home}helped/", {"answer": name, "subject": "unsent words"})
        assert answer["Location"] == f"{home}helped/"
    [event] = Event.objects.filter(name="answer.helped")
    assert (event.subject_id, event.actor_id) == (macros["bowl"].pk, carol.pk)
    assert "Glad it helped" in carols.get(f"{home}helped/").content.decode()
    carols.post(f"{home}helped/", {"answer": f"macro:{macros['ours'].pk}"})
    carols.post(f"{home}helped/", {"answer": "nonsense"})
    assert Event.objects.filter(name="answer.helped").count() == 1
    assert Ticket.objects.count() == 0


# The link at the foot of mails


def test_an_answer_ends_with_the_link_that_follows_the_request(ticket, alice, home):
    sent = outbound_of(actions.reply(ticket, actor=alice, body="Turn it off and on."))
    [link] = re.findall(r"http://\S+(/portal/\S+/follow/\S+/)", sent.text)
    page = Client().get(link)
    assert page.status_code == 200 and ticket.subject in page.content.decode()


def test_nobody_in_copy_gets_the_link(ticket, alice):
    answer = actions.reply(ticket, actor=alice, body="b", cc=["boss@example.org"])
    assert "/follow/" not in outbound_of(answer).text


def test_an_address_that_is_not_the_requesters_gets_no_link(ticket, alice):
    answer = actions.reply(ticket, actor=alice, body="b")
    answer.addresses = {"to": ["else@example.org"], "cc": []}
    assert "/follow/" not in outbound_of(answer).text
    ticket.customer.identities.update(valid_to=ticket.created_at)
    answer.addresses = {"to": ["carol@example.org"], "cc": []}
    assert "/follow/" not in outbound_of(answer).text


def test_a_brand_without_a_portal_sends_no_link(ticket, alice, inbox):
    inbox.brand.slug = None
    inbox.brand.save()
    assert "/follow/" not in outbound_of(actions.reply(ticket, actor=alice, body="b")).text


def test_a_confirmation_has_the_link(inbox, mail_in, react, settings):
    inbox.acknowledges = True
    inbox.save()
    ticket = mail_in(inbox, "dora@example.org", "A question", "Please help.").ticket
    react()
    told = Message.objects.get(ticket=ticket, direction="out")
    assert "/follow/" in outbound_of(told).text
    assert "/follow/" not in told.body  # it is made anew for each mail and stored nowhere


def test_by_the_link_a_request_is_closed(ticket, alice, home):
    sent = outbound_of(actions.reply(ticket, actor=alice, body="Turn it off and on."))
    [link] = re.findall(r"http://\S+?(/portal/\S+/follow/\S+/)", sent.text)
    Client().post(link, {"body": "That helped.", "solved": "1"})
    ticket.refresh_from_db()
    assert ticket.category == "resolved"
    assert ticket.messages.order_by("seq").last().body == "That helped."


# The brand


def test_only_the_brands_languages_are_offered_and_spoken(inbox, home):
    inbox.brand.languages = ["zh-hans", "en"]
    inbox.brand.save()
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hant")
    page = client.get(home).content.decode()
    assert 'lang="zh-Hans"' in page and "繁體中文" not in page
    client.post(f"{home}language/", {"language": "zh-hant"})
    assert 'lang="zh-Hans"' in client.get(home).content.decode()


def test_the_logo_is_shown_where_there_is_one(inbox, home):
    assert Client().get(f"{home}logo/").status_code == 404
    inbox.brand.logo, inbox.brand.logo_type = b"\x89PNG", "image/png"
    inbox.brand.save()
    answer = Client().get(f"{home}logo/")
    assert (answer["Content-Type"], answer.content) == ("image/png", b"\x89PNG")
    assert f"{home}logo/" in Client().get(home).content.decode()
