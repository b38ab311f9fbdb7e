"""What is being written goes with a merged ticket, comes back, and keeps its files."""

import io
from datetime import timedelta

import pytest

from core import clock
from tests.conftest import write_in
from tickets import actions
from tickets.actions.files import drop_forgotten_uploads
from tickets.actions.merge import merge
from tickets.actions.split import undo_move
from tickets.models import Attachment, Draft


@pytest.fixture
def dora(inbox):
    """A ticket of another customer in the same inbox."""
    return write_in(inbox, "dora@example.org", "Lamp again", "Mine is dark as well.").ticket


def upload(ticket, actor, name="photo.txt"):
    return actions.attach_upload(
        ticket,
        actor=actor,
        filename=name,
        content_type="text/plain",
        content=io.BytesIO(name.encode()),
    )


def write(ticket, actor, body, *files, **more):
    ids = [file.pk for file in files]
    return actions.save_draft(ticket, actor=actor, kind="reply", body=body, files=ids, **more)


def found(client, ticket):
    return client.get(f"/tickets/{ticket.pk}/drafts/").json()


def mine(client, ticket):
    return [
        (draft["body"], [file["name"] for file in draft["files"]])
        for draft in found(client, ticket)["mine"]
    ]


def test_a_draft_and_its_files_follow_a_merge_and_come_back(ticket, dora, alice, sign_in):
    client = sign_in(alice)
    write(ticket, alice, "Dear Carol", upload(ticket, alice))
    move = merge(ticket, target=dora, actor=alice)
    assert (mine(client, ticket), mine(client, dora)) == ([], [("Dear Carol", ["photo.txt"])])
    assert client.get(f"/tickets/attachments/{Attachment.objects.get().pk}/").status_code == 200
    undo_move(move, actor=alice)
    assert (mine(client, ticket), mine(client, dora)) == ([("Dear Carol", ["photo.txt"])], [])


def test_the_file_of_a_moved_draft_leaves_with_its_answer(ticket, dora, alice, sign_in):
    file = upload(ticket, alice)
    write(ticket, alice, "See the photo", file)
    merge(ticket, target=dora, actor=alice)
    sent = {"body": "See the photo", "attachments": [str(file.pk)]}
    assert sign_in(alice).post(f"/tickets/{dora.pk}/replies/", sent).status_code == 201
    file.refresh_from_db()
    assert (file.ticket_id, file.message.kind) == (dora.pk, "public")
    assert not Draft.objects.exists()


def test_words_on_both_are_joined_and_parted_again(ticket, dora, alice, sign_in):
    client = sign_in(alice)
    write(ticket, alice, "For Carol", upload(ticket, alice, "carol.txt"))
    write(dora, alice, "For Dora", upload(dora, alice, "dora.txt"))
    move = merge(ticket, target=dora, actor=alice)
    assert mine(client, dora) == [("For Dora\n\nFor Carol", ["dora.txt", "carol.txt"])]
    undo_move(move, actor=alice)
    assert mine(client, dora) == [("For Dora", ["dora.txt"])]
    assert mine(client, ticket) == [("For Carol", ["carol.txt"])]


def test_words_changed_since_stay_and_none_are_lost(ticket, dora, alice, sign_in):
    write(ticket, alice, "For Carol")
    write(dora, alice, "For Dora")
    move = merge(ticket, target=dora, actor=alice)
    joined = Draft.objects.get(ticket=dora)
    write(dora, alice, "For both of you", version=joined.version)
    undo_move(move, actor=alice)
    assert mine(sign_in(alice), dora) == [("For both of you", [])]
    assert mine(sign_in(alice), ticket) == [("For Carol", [])]


def test_what_was_sent_meanwhile_does_not_come_back(ticket, dora, alice, sign_in):
    write(ticket, alice, "Dear Carol")
    move = merge(ticket, target=dora, actor=alice)
    sign_in(alice).post(f"/tickets/{dora.pk}/replies/", {"body": "Dear Carol"})
    undo_move(move, actor=alice)
    assert not Draft.objects.exists()


def test_everybodys_drafts_go_along_and_none_is_shared_by_it(ticket, dora, alice, bob, sign_in):
    write(ticket, alice, "Not yet for others")
    write(dora, alice, "For all to read", is_shared=True)
    write(ticket, bob, "Bob's")
    move = merge(ticket, target=dora, actor=alice)
    assert found(sign_in(bob), dora)["shared"] == []
    assert mine(sign_in(bob), dora) == [("Bob's", [])]
    undo_move(move, actor=alice)
    assert mine(sign_in(bob), ticket) == [("Bob's", [])]


def test_a_tab_that_knew_only_its_own_words_is_told_of_the_joined_ones(
    ticket, dora, alice, sign_in
):
    write(ticket, alice, "For Carol")
    write(dora, alice, "For Dora")
    merge(ticket, target=dora, actor=alice)
    kept = {"kind": "reply", "body": "For Dora, more", "version": 1}
    answer = sign_in(alice).post(
        f"/tickets/{dora.pk}/drafts/", kept, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 409
    assert answer.json()["draft"]["body"] == "For Dora\n\nFor Carol"


def test_a_draft_is_opened_elsewhere_with_its_files(ticket, alice, sign_in):
    client = sign_in(alice)
    file = upload(ticket, alice)
    data = {"kind": "reply", "body": "", "files": [str(file.pk)]}
    kept = client.post(f"/tickets/{ticket.pk}/drafts/", data, headers={"HX-Request": "true"})
    assert kept.json() == {"version": 1}
    assert mine(sign_in(alice), ticket) == [("", ["photo.txt"])]


def test_nobody_elses_file_comes_into_a_draft(ticket, alice, bob, sign_in):
    write(ticket, alice, "Mine?", upload(ticket, bob))
    assert mine(sign_in(alice), ticket) == [("Mine?", [])]


def test_who_takes_a_draft_over_has_its_files(ticket, alice, bob, sign_in):
    file = upload(ticket, alice)
    draft = write(ticket, alice, "Half of it", file, is_shared=True)
    client = sign_in(bob)
    assert client.get(f"/tickets/attachments/{file.pk}/").status_code == 404
    [shared] = found(client, ticket)["shared"]
    assert [one["name"] for one in shared["files"]] == ["photo.txt"]
    taken = client.post(f"/tickets/drafts/{draft.pk}/take/").json()
    assert [one["id"] for one in taken["files"]] == [str(file.pk)]
    assert client.get(f"/tickets/attachments/{file.pk}/").status_code == 200
    sent = {"body": "All of it", "attachments": [str(file.pk)]}
    assert client.post(f"/tickets/{ticket.pk}/replies/", sent).status_code == 201


def test_who_takes_a_draft_over_keeps_ones_own_files_too(ticket, alice, bob, sign_in):
    own, other = upload(ticket, bob, "bob.txt"), upload(ticket, alice, "alice.txt")
    write(ticket, bob, "Bob's words", own)
    draft = write(ticket, alice, "Alice's words", other, is_shared=True)
    sign_in(bob).post(f"/tickets/drafts/{draft.pk}/take/")
    assert mine(sign_in(bob), ticket) == [
        ("Bob's words\n\nAlice's words", ["bob.txt", "alice.txt"])
    ]


def test_files_live_as_long_as_their_draft(ticket, alice):
    kept, forgotten = upload(ticket, alice, "kept.txt"), upload(ticket, alice, "forgotten.txt")
    write(ticket, alice, "On Friday, perhaps", kept)
    Attachment.objects.update(created_at=clock.now() - timedelta(days=3))
    drop_forgotten_uploads()
    assert list(Attachment.objects.values_list("pk", flat=True)) == [kept.pk]
    assert forgotten.pk != kept.pk
