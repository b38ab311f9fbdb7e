"""Drafts on the server: kept per author, never over a newer one, shared only when wished."""

import pytest
from django.db import connection

from tickets import actions
from tickets.errors import DraftOutdated
from tickets.models import Draft


def keep(client, ticket, body, *, kind="reply", version=0, **more):
    data = {"kind": kind, "body": body, "version": version, **more}
    return client.post(f"/tickets/{ticket.pk}/drafts/", data, headers={"HX-Request": "true"})


def kept(client, ticket):
    return client.get(f"/tickets/{ticket.pk}/drafts/").json()


def test_a_draft_is_there_in_another_browser(ticket, alice, sign_in):
    assert keep(sign_in(alice), ticket, "Dear Carol", cc="d@example.org, e@example.org").json() == {
        "version": 1
    }
    [draft] = kept(sign_in(alice), ticket)["mine"]
    assert (draft["body"], draft["version"]) == ("Dear Carol", 1)
    assert draft["copies"] == {"cc": ["d@example.org", "e@example.org"]}


def test_an_older_tab_never_overwrites_a_newer(ticket, alice, sign_in):
    client = sign_in(alice)
    keep(client, ticket, "one")
    keep(client, ticket, "two", version=1)
    answer = keep(client, ticket, "old", version=1)

    assert (answer.status_code, answer.json()["code"]) == (409, "draft_outdated")
    assert answer.json()["draft"]["body"] == "two"
    assert keep(client, ticket, "blank tab", version=0).status_code == 409
    assert Draft.objects.get().version == 2


def test_reply_and_note_have_drafts_of_their_own(ticket, alice, bob, sign_in):
    for user in (alice, bob):
        for kind in ("reply", "note"):
            keep(sign_in(user), ticket, f"{user.name} {kind}", kind=kind)
    assert Draft.objects.count() == 4
    assert {d["kind"] for d in kept(sign_in(alice), ticket)["mine"]} == {"reply", "note"}


def test_an_empty_draft_is_none(ticket, alice, sign_in):
    client = sign_in(alice)
    keep(client, ticket, "x")
    assert keep(client, ticket, "  ", version=1).json() == {"version": 0}
    assert not Draft.objects.exists()


def test_sending_drops_the_draft_of_its_kind(ticket, alice, sign_in):
    client = sign_in(alice)
    keep(client, ticket, "a reply")
    keep(client, ticket, "a note", kind="note")
    assert client.post(f"/tickets/{ticket.pk}/replies/", {"body": "a reply"}).status_code == 201
    assert [d["kind"] for d in kept(client, ticket)["mine"]] == ["note"]
    client.post(f"/tickets/{ticket.pk}/notes/", {"body": "a note"})
    assert not Draft.objects.exists()


def test_a_refused_answer_keeps_its_draft(ticket, alice, bob, sign_in):
    client = sign_in(alice)
    keep(client, ticket, "a reply")
    actions.add_note(ticket, actor=bob, body="Wait!")
    answer = client.post(f"/tickets/{ticket.pk}/replies/", {"body": "a reply", "seen_seq": 1})
    assert answer.status_code == 409
    assert Draft.objects.count() == 1


def test_nobody_else_sees_a_draft_unless_it_is_shared(ticket, alice, bob, mallory, sign_in):
    keep(sign_in(alice), ticket, "secret")
    assert kept(sign_in(bob), ticket) == {"mine": [], "shared": []}
    keep(sign_in(alice), ticket, "shared", version=1, is_shared="on")
    [draft] = kept(sign_in(bob), ticket)["shared"]
    assert (draft["author"], draft["body"]) == ("Alice Moreau", "shared")
    assert sign_in(mallory).get(f"/tickets/{ticket.pk}/drafts/").status_code == 404


def test_a_shared_draft_is_taken_over_with_what_one_wrote(ticket, alice, bob, sign_in):
    keep(sign_in(alice), ticket, "Alice's words", is_shared="on")
    keep(sign_in(bob), ticket, "Bob's words")
    draft = Draft.objects.get(author=alice)
    taken = sign_in(bob).post(f"/tickets/drafts/{draft.pk}/take/").json()

    assert taken["body"] == "Bob's words\n\nAlice's words"
    assert [d.author for d in Draft.objects.all()] == [bob]
    # What she still has in her window is refused, not lost and not over his.
    assert keep(sign_in(alice), ticket, "Alice's words", version=1).status_code == 200


def test_a_draft_that_is_not_shared_cannot_be_taken(ticket, alice, bob, sign_in):
    keep(sign_in(alice), ticket, "mine")
    draft = Draft.objects.get()
    assert sign_in(bob).post(f"/tickets/drafts/{draft.pk}/take/").status_code == 404


def test_who_may_only_note_keeps_no_answers(ticket, light, sign_in):
    assert keep(sign_in(light), ticket, "x").status_code == 403
    assert keep(sign_in(light), ticket, "x", kind="note").status_code == 200


def test_no_word_of_a_draft_stands_in_clear_or_in_an_event(ticket, alice):
    seq = ticket.seq
    actions.save_draft(
        ticket, actor=alice, kind="reply", body="kaleidoscope", copies={"cc": ["k@k.example"]}
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT tickets_draft::text FROM tickets_draft")
        [(row,)] = cursor.fetchall()
    ticket.refresh_from_db()
    assert "kaleidoscope" not in row
    assert b"kaleidoscope".hex() not in row
    assert ticket.seq == seq


def test_two_tabs_that_begin_at_once_do_not_break(ticket, alice):
    actions.save_draft(ticket, actor=alice, kind="note", body="one")
    with pytest.raises(DraftOutdated):
        actions.save_draft(ticket, actor=alice, kind="note", body="two")
