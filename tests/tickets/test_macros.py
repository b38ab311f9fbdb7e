"""Macros and canned replies: what they say, what they do, to whom they are offered, and undoing."""

import re

import pytest

from accounts.models import User
from core.errors import Invalid, NotAllowed
from core.models import Event
from tickets import actions
from tickets.errors import AlreadyThere, TransitionRefused
from tickets.models import Macro, Ticket
from tickets.queries.macros import offered_macros, ticket_for_text, visible_macros
from tickets.queries.variables import render_text, unknown_variables

RESOLVE = [
    {"do": "assign", "value": "me"},
    {"do": "set_status", "value": "resolved"},
    {"do": "set_priority", "value": 30},
    {"do": "add_tags", "value": ["lamp", "solved"]},
]


@pytest.fixture
def macro(supervisor):
    """Everybody's."""

    def make(**fields):
        return actions.save_macro(None, actor=supervisor, **{"name": "m"} | fields)

    return make


def fresh(ticket):
    return Ticket.objects.get(pk=ticket.pk)


# Texts


def text_of(body, ticket, user):
    return render_text(body, ticket=ticket_for_text(user, ticket.pk), user=user)


def test_variables_are_filled_in(ticket, alice):
    said = text_of(
        "Hi {{customer.first_name}} ({{ customer.name }}), {{ticket.number}} "
        "{{ticket.subject}}: {{agent.name}}, {{brand.name}}, {{team.name}}",
        ticket,
        alice,
    )
    assert said == (
        f"Hi Carol (Carol Ashworth), #{ticket.number} My lamp flickers: Alice Moreau, "
        "Perchwood, Support"
    )


def test_what_has_no_value_stays_visible(ticket, alice):
    assert text_of("At {{customer.organisation}}", ticket, alice) == "At {{customer.organisation}}"


def test_nothing_is_evaluated_and_nothing_is_filled_in_twice(ticket, alice, carol):
    carol.name = "{{agent.name}} {% now %} ${x}"
    carol.save()
    assert text_of("{{customer.name}}", ticket, alice) == carol.name
    for text in (
        "{{agent.password}}",
        "{{__class__}}",
        "{{agent.name.x}}",
        "{% debug %}",
        "{{7*7}}",
    ):
        assert text_of(text, ticket, alice) == text


def test_a_name_brings_no_lines_along(ticket, alice, carol):
    carol.name = "Carol\n\nIgnore what is above"
    carol.save()
    assert "\n" not in text_of("{{customer.name}}", ticket, alice)


def test_a_chinese_name_is_not_taken_apart(ticket, alice, carol):
    carol.name = "王 小明"
    carol.save()
    assert text_of("{{customer.first_name}}", ticket, alice) == "王 小明"


def test_a_variable_nobody_knows_is_named_when_saving(macro):
    assert unknown_variables("{{agent.nmae}} {{agent.name}}") == ["agent.nmae"]
    with pytest.raises(Invalid, match=re.escape("{{agent.nmae}}")):
        macro(body="{{agent.nmae}}")


# Carrying out


def test_a_macro_takes_all_its_steps_and_says_so_once(ticket, alice, macro):
    applied = actions.apply_macro(macro(actions=RESOLVE), ticket=ticket, actor=alice)

    after = fresh(ticket)
    assert (after.category, after.assignee, after.priority) == ("resolved", alice, 30)
    assert after.tags == ["lamp", "solved"]
    [event] = Event.objects.filter(name="macro.applied")
    assert event == applied.event
    assert event.details["changes"]["status"] == ["new", "resolved"]
    assert event.actor_id == alice.pk


def test_a_refused_step_stops_the_whole_macro(ticket, alice, macro):
    wrong = macro(
        actions=[{"do": "add_tags", "value": ["x"]}, {"do": "set_status", "value": "new"}]
    )
    actions.move_to_status(ticket, actor=alice, status="closed")
    with pytest.raises(TransitionRefused):
        actions.apply_macro(wrong, ticket=ticket, actor=alice)

    assert fresh(ticket).tags == []
    assert not Event.objects.filter(name="macro.applied").exists()


def test_nobody_gets_rights_by_a_macro(ticket, light, macro):
    with pytest.raises(NotAllowed):
        actions.apply_macro(macro(actions=RESOLVE), ticket=ticket, actor=light)
    assert fresh(ticket).category == "new"


def test_what_is_as_wanted_already_is_left_alone(ticket, alice, macro):
    actions.assign(ticket, actor=alice, assignee=alice)
    applied = actions.apply_macro(macro(actions=RESOLVE), ticket=ticket, actor=alice)
    assert "assignee" not in applied.changes


def test_a_macro_that_names_somebody_who_left_is_refused(ticket, alice, bob, macro):
    leaver = macro(actions=[{"do": "assign", "value": str(bob.pk)}])
    User.objects.filter(pk=bob.pk).delete()
    with pytest.raises(Invalid):
        actions.apply_macro(leaver, ticket=ticket, actor=alice)


def test_a_canned_reply_leaves_no_event(ticket, alice, macro):
    seq = fresh(ticket).seq
    actions.apply_macro(macro(body="Hello"), ticket=ticket, actor=alice)
    assert fresh(ticket).seq == seq
    assert Macro.objects.get().used_count == 1


# Undoing


def test_undoing_puts_everything_back(ticket, alice, macro):
    before = fresh(ticket)
    applied = actions.apply_macro(macro(actions=RESOLVE), ticket=ticket, actor=alice)
    actions.undo_macro(applied.event, actor=alice)

    after = fresh(ticket)
    for name in ("category", "assignee", "priority", "tags", "resolved_at", "reopen_count"):
        assert getattr(after, name) == getattr(before, name), name
    with pytest.raises(AlreadyThere):
        actions.undo_macro(applied.event, actor=alice)


def test_undoing_leaves_alone_what_somebody_changed_since(ticket, alice, bob, macro):
    applied = actions.apply_macro(macro(actions=RESOLVE), ticket=ticket, actor=alice)
    actions.set_priority(ticket, actor=bob, priority=40)
    actions.set_tags(ticket, actor=bob, tags=["solved", "seen"])
    undone = actions.undo_macro(applied.event, actor=alice)

    after = fresh(ticket)
    assert (after.category, after.priority, after.tags) == ("new", 40, ["seen"])
    assert undone.details["kept"] == ["priority"]


def test_only_who_applied_a_macro_undoes_it(ticket, alice, bob, macro):
    applied = actions.apply_macro(macro(actions=RESOLVE), ticket=ticket, actor=alice)
    with pytest.raises(NotAllowed):
        actions.undo_macro(applied.event, actor=bob)


def test_a_macro_adds_points_and_follows_and_undoing_takes_them_away(ticket, alice, macro):
    steps = [{"do": "add_checklist", "value": ["Call", "Write"]}, {"do": "follow", "value": True}]
    applied = actions.apply_macro(macro(actions=steps), ticket=ticket, actor=alice)
    assert ticket.checklist.count() == 2
    assert ticket.follows.get().user == alice
    actions.tick_item(ticket.checklist.first(), actor=alice, is_done=True)
    actions.undo_macro(applied.event, actor=alice)

    assert ticket.checklist.count() == 1  # what is done stays
    assert not ticket.follows.exists()


# Whose they are


def test_a_personal_macro_is_nobody_elses(alice, bob):
    actions.save_macro(None, actor=alice, name="mine", body="x", owner_id=alice.pk)
    assert visible_macros(alice).count() == 1
    assert visible_macros(bob).count() == 0


def test_a_teams_macro_is_the_teams(alice, bob, wei, support):
    actions.save_macro(None, actor=alice, name="ours", body="x", team_id=support.pk)
    assert [visible_macros(user).count() for user in (bob, wei)] == [1, 0]
    with pytest.raises(NotAllowed):
        actions.save_macro(None, actor=wei, name="theirs", body="x", team_id=support.pk)


def test_sharing_with_everybody_takes_its_right(alice, supervisor):
    with pytest.raises(NotAllowed):
        actions.save_macro(None, actor=alice, name="all", body="x")
    macro = actions.save_macro(None, actor=supervisor, name="all", body="x")
    with pytest.raises(NotAllowed):
        actions.save_macro(macro, actor=alice, name="mine now", owner_id=alice.pk)


# On a ticket


def offered(user, ticket):
    return [o.macro.name for o in offered_macros(user, ticket_for_text(user, ticket.pk))]


def test_a_macro_is_offered_where_its_condition_holds(ticket, alice, macro):
    when_closed = {"all": [{"field": "status", "is": "any", "value": ["closed"]}], "any": []}
    macro(name="always", body="x")
    macro(name="reopen", body="x", condition=when_closed)
    assert offered(alice, ticket) == ["always"]
    actions.move_to_status(ticket, actor=alice, status="closed")
    assert offered(alice, ticket) == ["always", "reopen"]


def test_the_customers_language_comes_first(ticket, alice, macro):
    Ticket.objects.filter(pk=ticket.pk).update(language="zh-hans")
    macro(name="a", body="x", language="en")
    macro(name="b", body="x", language="zh-hant")
    macro(name="c", body="x", language="zh-hans")
    macro(name="d", body="x")
    assert offered(alice, ticket) == ["c", "b", "d", "a"]


def test_the_menu_is_rendered_with_the_text_filled_in(ticket, alice, light, macro, sign_in):
    macro(name="hello", body="Hi {{customer.first_name}}", shortcut="hi")
    macro(name="solve", actions=RESOLVE)
    page = sign_in(alice).get(f"/tickets/{ticket.pk}/macros/").content.decode()
    assert 'data-text="Hi Carol"' in page
    assert "solve" in page
    # Who may only note is offered nothing that answers or changes.
    assert "data-macro=" not in sign_in(light).get(f"/tickets/{ticket.pk}/macros/").content.decode()


def test_a_ticket_handed_out_of_sight_is_gone_for_its_page(ticket, alice, billing, macro, sign_in):
    away = macro(actions=[{"do": "assign_team", "value": str(billing.pk)}])
    answer = sign_in(alice).post(f"/tickets/{ticket.pk}/macros/apply/", {"macro": away.pk})
    assert answer.status_code == 204


# The page on which they are written


def test_a_macro_is_written_changed_and_removed_on_its_pages(alice, sign_in, support):
    client = sign_in(alice)
    form = {
        "name": "Late parcel",
        "shortcut": "/late",
        "whose": f"team:{support.pk}",
        "body": "Sorry, {{customer.first_name}}.",
        "set_status": "waiting_third_party",
        "add_tags": "Late， parcel",
        "when_tags": "shipping",
        "is_active": "on",
    }
    assert client.post("/settings/macros/new/", form).status_code == 302
    [macro] = Macro.objects.all()
    assert (macro.shortcut, macro.team) == ("late", support)
    assert macro.actions == [
        {"do": "set_status", "value": "waiting_third_party"},
        {"do": "add_tags", "value": ["late", "parcel"]},
    ]
    assert macro.condition["all"] == [{"field": "tags", "is": "any", "value": ["shipping"]}]
    page = client.get(f"/settings/macros/{macro.pk}/").content.decode()
    assert 'value="late, parcel"' in page
    assert client.post(f"/settings/macros/{macro.pk}/remove/").status_code == 302
    assert not Macro.objects.exists()


def test_a_page_names_the_variable_that_is_wrong(alice, sign_in):
    form = {"name": "x", "whose": f"user:{alice.pk}", "body": "{{customer.nmae}}"}
    answer = sign_in(alice).post("/settings/macros/new/", form)
    assert answer.status_code == 400
    assert "{{customer.nmae}}" in answer.content.decode()


def test_conditions_the_page_does_not_show_stay(alice, sign_in):
    old = {"field": "created", "is": "older_than", "value": "2 d"}
    macro = actions.save_macro(
        None,
        actor=alice,
        name="x",
        body="x",
        owner_id=alice.pk,
        condition={"all": [old], "any": []},
    )
    form = {"name": "y", "whose": f"user:{alice.pk}", "body": "x", "when_status": ["open"]}
    assert sign_in(alice).post(f"/settings/macros/{macro.pk}/", form).status_code == 302
    macro.refresh_from_db()
    assert macro.condition["all"][-1] == old
    assert macro.condition["all"][0]["field"] == "status"


def test_only_who_shares_with_everybody_offers_an_answer_to_customers(light, alice, support):
    for actor in (light, alice):
        with pytest.raises(NotAllowed):
            actions.save_macro(
                None, actor=actor, name="to all", body="x", team_id=support.pk, is_public=True
            )
