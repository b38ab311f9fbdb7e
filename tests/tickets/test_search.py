"""Search over numbers, people, words and phrases, in English and Chinese, of one's own tickets."""

import pytest

from accounts.models import User
from customers.actions import add_organisation, rename_customer
from tickets import actions
from tickets.models import MessageIndex
from tickets.queries import ListRequest, find_tickets, list_tickets, search


def found(user, text):
    return {ticket.subject for ticket in find_tickets(User.objects.get(pk=user.pk), text)}


@pytest.fixture
def letters(inbox, carol, mail_in):
    """Four letters that share few words; the first is Carol's."""
    for sender, name, subject, text in (
        ("carol@example.org", "", "Lamp", "The bulbs were flickering all night long."),
        (
            "dan@shop.example",
            "Dan O'Brien",
            "Chair",
            "One leg is broken. Night falls, all is dark.",
        ),
        ("wang@example.cn", "王小明", "退款问题", "您好，我想申请退款，订单号是20731。"),
        ("li@example.cn", "李雷", "台灯", "台灯不亮了，请问可以换货吗？"),
    ):
        mail_in(inbox, sender, subject, text, name=name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # words, stemmed, in any order
        ("flickering", {"Lamp"}),
        ("flicker", {"Lamp"}),
        ("bulb", {"Lamp"}),
        ("BULBS", {"Lamp"}),
        ("night", {"Lamp", "Chair"}),
        ("night leg", {"Chair"}),
        ("night kaleidoscope", set()),
        # phrases
        ('"all night long"', {"Lamp"}),
        ('"night falls"', {"Chair"}),
        ('"night all"', set()),
        ('"long lamp"', set()),  # a phrase never runs from the text into the subject
        # subjects and names, by their beginnings, too
        ("chai", {"Chair"}),
        ("obri", {"Chair"}),
        ("o'brien", {"Chair"}),
        # Chinese: words, phrases, single characters, names
        ("退款", {"退款问题"}),
        ("申请退款", {"退款问题"}),
        ("退申", set()),
        ("款申请", set()),
        ("灯", {"台灯"}),
        ("台灯", {"台灯"}),
        ("王小明", {"退款问题"}),
        ("小明", {"退款问题"}),
        ("李", {"台灯"}),
        ("20731", {"退款问题"}),
        ("退款 台灯", set()),
        # people
        ("carol@example.org", {"Lamp"}),
        ("CAROL@EXAMPLE.ORG", {"Lamp"}),
        ("dan@shop.example", {"Chair"}),
        ("shop.example", {"Chair"}),
        ("Ashworth", {"Lamp"}),
        ("+44 7700 900123", {"Lamp"}),
        ("+447700900123", {"Lamp"}),
        # nothing
        ("", set()),
        ("   ", set()),
        ("!!!", set()),
        ('"', set()),
        ("& | ! ( ) <-> :* '", set()),
    ],
)
def test_what_a_text_finds(carol, letters, alice, text, expected):
    assert found(alice, text) == expected


def test_a_ticket_is_found_by_its_number(letters, ticket, alice):
    assert found(alice, f"#{ticket.number}") == {ticket.subject}
    assert found(alice, str(ticket.number)) == {ticket.subject}
    assert found(alice, f"#{ticket.number}9") == set()


def test_notes_and_answers_are_searched_too(ticket, alice, bob):
    actions.add_note(ticket, actor=bob, body="Looks like a kaleidoscope.")
    actions.reply(ticket, actor=bob, body="Try the zeppelin adapter.")

    assert found(alice, "kaleidoscopes") == found(alice, "zeppelin") == {ticket.subject}


def test_tickets_of_other_teams_are_not_found_by_anything(
    billing_ticket, alice, mallory, wei, supervisor
):
    texts = [
        f"#{billing_ticket.number}",
        str(billing_ticket.number),
        "invoice",
        "4711",
        "dora@example.org",
        "dora",
        '"it is wrong"',
    ]
    for text in texts:
        assert found(alice, text) == found(mallory, text) == set(), text
        assert found(wei, text) == found(supervisor, text) == {"Invoice 4711"}, text


def test_a_new_name_is_found_and_the_old_one_no_longer(ticket, carol, alice, react):
    rename_customer(carol, actor=alice, name="Carol Brightwater")
    react()

    assert found(alice, "Brightwater") == {ticket.subject}
    assert found(alice, "Ashworth") == set()


def test_words_of_an_answer_taken_back_are_not_found(ticket, alice):
    said = actions.reply(ticket, actor=alice, body="kaleidoscope")
    actions.withdraw(said, actor=alice)
    assert found(alice, "kaleidoscope") == set()


def test_the_index_can_be_made_anew(ticket, letters, alice):
    MessageIndex.objects.all().delete()
    assert found(alice, "flickering") == set()
    for row in find_tickets(alice, "@").model.objects.all():
        actions.reindex_ticket(row)
    assert found(alice, "bulbs") == {"Lamp"}


def test_no_word_stands_in_the_index(ticket):
    text = " ".join(MessageIndex.objects.values_list("tsv", flat=True)).lower()

    assert text
    for word in ("lamp", "flicker", "twice", "carol", "ashworth"):
        assert word not in text


# The page of results


def test_a_hit_shows_the_passage_that_matched(carol, letters, alice):
    [hit] = search(alice, "flicker").hits

    assert hit.ticket.subject == "Lamp"
    assert [text for text, is_hit in hit.fragments if is_hit] == ["flickering"]


def test_a_passage_never_comes_from_an_answer_taken_back(ticket, alice):
    said = actions.reply(ticket, actor=alice, body="It went dark, says kaleidoscope.")
    actions.withdraw(said, actor=alice)
    [hit] = search(alice, "dark").hits

    assert "kaleidoscope" not in "".join(text for text, _ in hit.fragments)


def test_people_are_found_beside_tickets(carol, letters, alice):
    assert [customer.name for customer in search(alice, "ashw").customers] == ["Carol Ashworth"]
    assert [customer.name for customer in search(alice, "王小明").customers] == ["王小明"]


def test_people_are_found_by_their_organisation(carol, alice):
    carol.organisation = add_organisation("Bright Homes Ltd", actor=alice)
    carol.save()
    rename_customer(carol, actor=alice, name=carol.name)

    assert [customer.pk for customer in search(alice, "bright homes").customers] == [carol.pk]


@pytest.mark.slow
def test_results_come_in_pages_without_gap_or_repetition(inbox, mail_in, alice):
    for number in range(45):
        mail_in(inbox, "carol@example.org", f"Lamp {number}", "Dark.")
    seen, after, pages = [], "", 0
    while (pages == 0 or after) and pages < 10:
        page = search(alice, "lamp", after=after)
        seen += [hit.ticket.number for hit in page.hits]
        after, pages = page.next, pages + 1

    assert (len(seen), len(set(seen)), pages) == (45, 45, 3)


@pytest.mark.parametrize("after", ["x", "-5", "²", "9" * 30, "\0"])
def test_a_strange_cursor_begins_at_the_start(ticket, alice, after):
    assert [hit.ticket for hit in search(alice, "lamp", after=after).hits] == [ticket]


def test_the_list_is_searched_within_its_view(ticket, inbox, mail_in, alice):
    done = mail_in(inbox, "dan@example.org", "Lamp, too", "Dark.").ticket
    actions.move_to_status(done, actor=alice, status="resolved")

    def listed(view):
        return {t.subject for t in list_tickets(alice, ListRequest(view=view, q="lamp")).rows}

    assert listed("open") == {ticket.subject}
    assert listed("all") == {ticket.subject, "Lamp, too"}
