"""News for the people who work here: in the page at once, by mail if nobody looks."""

from datetime import timedelta

import pytest

from core import clock
from core.errors import Invalid
from core.models import Event, Reaction
from tickets import actions
from tickets.models import Notification
from tickets.reactions_for_people import mail_what_was_not_seen


@pytest.fixture
def mails(settings):
    return lambda: sorted(settings.OUTBOX_DIR.glob("*.eml"))


def kinds_of(user):
    return sorted(Notification.objects.filter(user=user).values_list("kind", flat=True))


def mention(ticket, actor, *picks, body="Look at this."):
    return actions.add_note(ticket, actor=actor, body=body, mentions=picks)


def test_who_is_mentioned_is_told_once(ticket, alice, bob, react):
    mention(ticket, alice, f"user:{bob.pk}")
    react()
    react()
    one = Notification.objects.get(user=bob)
    assert (one.kind, one.by_id, one.ticket_id) == ("mention", alice.pk, ticket.pk)


def test_a_team_is_all_who_are_in_it_but_the_author(ticket, alice, bob, light, support, react):
    mention(ticket, alice, f"team:{support.pk}", f"user:{bob.pk}")
    react()
    assert kinds_of(bob) == ["mention"] and kinds_of(light) == ["mention"]
    assert kinds_of(alice) == []


def test_who_may_not_see_the_ticket_is_named_to_the_author(ticket, alice, wei, mallory, bob):
    picks = [f"user:{user.pk}" for user in (wei, bob, mallory)]
    with pytest.raises(Invalid) as refused:
        mention(ticket, alice, *picks)
    assert "Mallory Grey, 陈伟" in refused.value.reason and "Bob" not in refused.value.reason
    assert not ticket.messages.filter(kind="note").exists()


def test_of_a_team_only_those_are_told_who_may_see_it(ticket, alice, wei, bob, billing, react):
    bob.teams.add(billing)
    mention(ticket, alice, f"team:{billing.pk}")
    react()
    assert kinds_of(bob) == ["mention"] and kinds_of(wei) == []


def test_rights_lost_since_are_looked_at_again(ticket, alice, bob, react):
    mention(ticket, alice, f"user:{bob.pk}")
    bob.teams.clear()
    react()
    assert not Notification.objects.exists()


def test_who_is_given_a_ticket_is_told_unless_they_took_it(ticket, alice, bob, react):
    actions.assign(ticket, actor=alice, assignee=bob)
    react()
    assert kinds_of(bob) == ["assigned"]
    actions.assign(ticket, actor=alice, assignee=alice)
    react()
    assert kinds_of(alice) == []


def test_news_of_a_followed_ticket_once_until_it_is_read(ticket, alice, bob, react, mail_in, inbox):
    actions.follow(ticket, user=bob)
    first = ticket.messages.get()
    for text in ("One.", "Two."):
        mail_in(inbox, "carol@example.org", "Re: lamp", text, in_reply_to=first.external_id)
        react()
    assert kinds_of(bob) == ["followed"]
    actions.read_notifications_of(bob, ticket)
    actions.reply(ticket, actor=alice, body="Here.")
    react()
    assert kinds_of(bob) == ["followed", "followed"]
    actions.unfollow(ticket, user=bob)
    actions.read_notifications(bob)
    actions.add_note(ticket, actor=alice, body="More.")
    react()
    assert Notification.objects.filter(user=bob, read_at=None).count() == 0


def test_own_steps_are_no_news(ticket, alice, react):
    react()
    actions.follow(ticket, user=alice)
    actions.add_note(ticket, actor=alice, body="Mine.")
    react()
    assert kinds_of(alice) == []


def wait_for_mail(react):
    """As if five minutes had passed and nobody had looked."""
    for row in Reaction.objects.filter(event__name="notification.waits"):
        Reaction.objects.filter(pk=row.pk).update(next_at=clock.now() - timedelta(seconds=1))
    react()


def test_what_nobody_sees_is_mailed_after_five_minutes(ticket, alice, bob, react, mails):
    mention(ticket, alice, f"user:{bob.pk}")
    react()
    waits = Reaction.objects.get(event__name="notification.waits")
    assert waits.name == f"{mail_what_was_not_seen.__module__}.mail_what_was_not_seen"
    assert timedelta(minutes=4) < waits.next_at - clock.now() <= timedelta(minutes=5)
    assert mails() == []
    wait_for_mail(react)
    [mail] = [file.read_text() for file in mails()]
    assert "bob@demo.test" in mail and "Auto-Submitted: auto-generated" in mail
    assert "flickers" not in mail and "Look at this" not in mail
    assert Notification.objects.get().told_at


def test_what_was_read_is_not_mailed(ticket, alice, bob, react, mails, sign_in):
    mention(ticket, alice, f"user:{bob.pk}")
    react()
    sign_in(bob).post(f"/tickets/{ticket.pk}/read/", {"seq": 99})
    wait_for_mail(react)
    assert mails() == []
    assert Notification.objects.get().read_at


def test_who_wants_no_mails_gets_none(ticket, alice, bob, react, mails):
    bob.notify_by_mail = False
    bob.save()
    mention(ticket, alice, f"user:{bob.pk}")
    actions.assign(ticket, actor=alice, assignee=bob)
    react()
    wait_for_mail(react)
    assert mails() == []


def test_one_mail_for_all_that_is_new_in_a_ticket(ticket, alice, bob, react, mails):
    mention(ticket, alice, f"user:{bob.pk}")
    mention(ticket, alice, f"user:{bob.pk}", body="And this.")
    react()
    wait_for_mail(react)
    assert len(mails()) == 1
    assert Notification.objects.filter(user=bob).count() == 2


def test_the_bell_counts_and_lists(ticket, alice, bob, react, sign_in):
    mention(ticket, alice, f"user:{bob.pk}")
    react()
    desk = sign_in(bob)
    counted = desk.get("/news/count/?newest=1").json()
    assert counted["unread"] == 1
    assert counted["lines"][0]["text"] == f"Alice Moreau mentioned you in #{ticket.number}"
    for page in (desk.get("/news/"), desk.get("/news/", headers={"HX-Request": "true"})):
        assert "Alice Moreau mentioned you" in page.content.decode()
    one = Notification.objects.get()
    desk.post("/news/read/", {"id": one.pk}, headers={"HX-Request": "true"})
    assert desk.get("/news/count/").json() == {"unread": 0}
    desk.post("/news/read/", {"id": one.pk, "value": "no"}, headers={"HX-Request": "true"})
    assert desk.get("/news/count/").json() == {"unread": 1}
    desk.post("/news/read/")
    assert desk.get("/news/count/").json() == {"unread": 0}


def test_nobody_reads_or_changes_anothers(ticket, alice, bob, react, sign_in):
    mention(ticket, alice, f"user:{bob.pk}")
    react()
    desk = sign_in(alice)
    assert "mentioned you" not in desk.get("/news/").content.decode()
    desk.post("/news/read/", {"id": Notification.objects.get().pk})
    assert Notification.objects.get().read_at is None


def test_whoever_loses_sight_of_the_ticket_loses_the_news(ticket, alice, bob, react, sign_in):
    mention(ticket, alice, f"user:{bob.pk}")
    react()
    bob.teams.clear()
    assert sign_in(bob).get("/news/count/").json() == {"unread": 0}


def test_events_name_ids_alone(ticket, alice, bob, react):
    mention(ticket, alice, f"user:{bob.pk}")
    react()
    for event in Event.objects.filter(name__startswith="notification."):
        assert event.details == {"user": str(bob.pk)}
