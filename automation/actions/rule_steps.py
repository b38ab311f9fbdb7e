"""What rules do with tickets, each step through the action a person would take."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from automation.actions.rule_account import may
from automation.actions.rule_telling import (
    call_webhook,
    find_named,
    let_follow,
    let_go,
    tell_people,
    webhooks,
    whom,
)
from automation.queries.rule_catalogue import people, priorities, teams, types
from core import registry
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.models import Event
from core.rule_parts import RuleAction, RuleDone, RuleRunning
from customers.models import CustomField
from customers.queries import check_values, fields_of
from tickets import actions as tickets
from tickets import errors as tickets_errors
from tickets.actions.base import find_status, lock
from tickets.lifecycle import find_transition
from tickets.models import Macro, Message, Status, Ticket
from tickets.queries.variables import render_text, unknown_variables

CHANGE, NOTE = "tickets.change_ticket", "tickets.note_ticket"
REPLY, VIEW = "tickets.reply_ticket", "tickets.view_ticket"
# Somebody's programs may answer ours for ever.
MOST_REPLIES = 3
NOBODY = "nobody"
_CHANGED = RuleDone()
_ACTED = RuleDone(has_acted=True)
Value = Callable[[str], Any]


def known_actions() -> dict[str, RuleAction]:
    return {**BUILT_IN, **registry.rule_actions}


# Changing


def _set_status(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    target = find_status(str(value))
    step = find_transition(ticket.category, target.category)
    if step and not may(actor, step.right):
        raise NotAllowed(_("Your role does not allow this step."))
    tickets.move_to_status(ticket, actor=actor, status=target.code)
    return _CHANGED


def _foresee_status(value: Value, wanted: Any) -> dict[str, Any]:
    status = Status.objects.filter(code=wanted).first()
    if status is None or value("status") == status.code:
        return {}
    is_step = value("category") != status.category
    if is_step and find_transition(value("category"), status.category) is None:
        return {}
    return {"status": status.code, "category": str(status.category)}


def _assign(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    user = None if value == NOBODY else find_named(User, value)
    tickets.assign(ticket, actor=actor, assignee=user)
    return _CHANGED


def _foresee_assign(value: Value, wanted: Any) -> dict[str, Any]:
    new = None if wanted == NOBODY else str(wanted)
    return {} if value("assignee") == new else {"assignee": new}


def _assign_team(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    tickets.move_to_team(ticket, actor=actor, team=find_named(Team, value))
    return _CHANGED


def _foresee_team(value: Value, wanted: Any) -> dict[str, Any]:
    if value("team") == str(wanted):
        return {}
    found: dict[str, Any] = {"team": str(wanted)}
    holder = value("assignee")
    if holder and not User.objects.filter(pk=holder, teams=wanted).exists():
        found["assignee"] = None
    return found


def _set_priority(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    tickets.set_priority(ticket, actor=actor, priority=int(value))
    return _CHANGED


def _set_type(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    tickets.set_type(ticket, actor=actor, type=str(value))
    return _CHANGED


def _add_tags(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    tickets.set_tags(ticket, actor=actor, tags=[*ticket.tags, *value])
    return _CHANGED


def _remove_tags(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    kept = [tag for tag in ticket.tags if tag not in value]
    tickets.set_tags(ticket, actor=actor, tags=kept)
    return _CHANGED


def _foresee_tags(value: Value, wanted: Any, *, adds: bool) -> dict[str, Any]:
    had = list(value("tags"))
    new = [tag for tag in wanted if tag not in had]
    tags = [*had, *new] if adds else [tag for tag in had if tag not in wanted]
    return {} if tags == had else {"tags": tags}


def _foresee_value(fact: str, cast: Callable[[Any], Any]) -> Callable[[Value, Any], dict[str, Any]]:
    def foresee(value: Value, wanted: Any) -> dict[str, Any]:
        return {} if value(fact) == cast(wanted) else {fact: cast(wanted)}

    return foresee


def _set_field(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    code, given = value
    tickets.set_custom_fields(ticket, {code: given}, actor=actor)
    return _CHANGED


def _foresee_field(value: Value, wanted: Any) -> dict[str, Any]:
    code, given = wanted
    fields = {field.code: field for field in fields_of(CustomField.Owner.TICKET)}
    typed = check_values(list(fields.values()), {code: given}).get(code)
    return {} if value(f"field:{code}") == typed else {f"field:{code}": typed}


def _fields() -> list[tuple[str, str]]:
    fields = fields_of(CustomField.Owner.TICKET)
    return [(field.code, field.name) for field in fields if not field.is_personal]


def _add_checklist(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    made = tuple(str(tickets.add_item(ticket, actor=actor, text=text).pk) for text in value)
    return RuleDone(made=made)


def _drop_checklist(ticket: Ticket, actor: User, made: tuple[str, ...]) -> bool:
    """But for points somebody has ticked off since."""
    items = list(ticket.checklist.filter(pk__in=made, done_at=None).select_related("ticket"))
    for item in items:
        tickets.remove_item(item, actor=actor)
    return len(items) == len(made)


# Saying


def _reply(ticket: Ticket, actor: User, value: Any, running: RuleRunning) -> RuleDone:
    """The customer waits on: a rule's words are no answer of a person, and end no clock."""
    _check_reply(ticket, actor, running)
    body = render_text(str(value), ticket=ticket, user=actor)
    tickets.reply(ticket, actor=actor, body=body, client_id=running.run, still_waits=True)
    return _ACTED


def _check_reply(ticket: Ticket, actor: User, running: RuleRunning) -> None:
    event = Event.objects.filter(pk=running.event).first() if running.event else None
    if event and event.details.get("classification", "person") != Message.Classification.PERSON:
        raise Invalid(_("An automatic mail is not answered."))
    lately = ticket.messages.filter(
        author=actor,
        kind=Message.Kind.PUBLIC,
        at__gt=now() - timedelta(hours=24),
        withdrawn_at=None,
    )
    if actor.is_bot and lately.count() >= MOST_REPLIES:
        raise Invalid(_("Rules have answered in this ticket often enough today."))


def _note(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    tickets.add_note(ticket, actor=actor, body=render_text(str(value), ticket=ticket, user=actor))
    return _ACTED


def _check_words(value: Any) -> str:
    text = str(value or "").replace("\0", "").strip()
    if not text:
        raise ValueError(_("Write what is to be said."))
    if len(text) > 5000:
        raise ValueError(_("At most %(n)d characters.") % {"n": 5000})
    if unknown := unknown_variables(text):
        names = ", ".join(f"{{{{{name}}}}}" for name in unknown)
        raise ValueError(_("There is no variable %(names)s.") % {"names": names})
    return text


def _macro(ticket: Ticket, actor: User, value: Any, running: RuleRunning) -> RuleDone:
    """Its steps as though they stood in the rule, then its words."""
    macro: Macro = find_named(Macro, value)
    if not macro.is_active:
        raise Invalid(_("The macro is not in use any more."))
    made: list[str] = []
    for step in macro.actions:
        if known := BUILT_IN.get(step.get("do", "")):
            if not may(actor, known.right):
                raise NotAllowed(_("Your role does not allow this."))
            try:
                done = known.act(lock(ticket), actor, step.get("value"), running)
                made += done.made if step["do"] == "add_checklist" else ()
            except tickets_errors.AlreadyThere:
                continue
    if not macro.body.strip():
        return RuleDone(made=tuple(made))
    if macro.is_note:
        return _note(lock(ticket), actor, macro.body, running)
    if not may(actor, REPLY):
        raise NotAllowed(_("Your role does not allow this."))
    return _reply(lock(ticket), actor, macro.body, running)


def _foresee_macro(value: Value, wanted: Any) -> dict[str, Any]:
    macro: Macro = find_named(Macro, wanted)
    then: dict[str, Any] = {}

    def value_then(fact: str) -> Any:
        return then[fact] if fact in then else value(fact)

    for step in macro.actions:
        known = BUILT_IN.get(step.get("do", ""))
        if known and known.foresee:
            then |= known.foresee(value_then, step["value"])
    return then


def _macros() -> list[tuple[str, str]]:
    rows: Any = Macro.objects.filter(owner=None, team=None, is_active=True)
    return [(str(row.pk), row.name) for row in rows]


def _statuses() -> list[tuple[str, str]]:
    return [(row.code, _(row.name)) for row in Status.objects.exclude(category="new")]


BUILT_IN: dict[str, RuleAction] = {
    "assign_team": RuleAction(
        gettext_lazy("Give it to the team"),
        CHANGE,
        _assign_team,
        "one",
        teams,
        foresee=_foresee_team,
    ),
    "assign": RuleAction(
        gettext_lazy("Assign it to"),
        CHANGE,
        _assign,
        "one",
        lambda: [(NOBODY, _("Nobody")), *people()],
        foresee=_foresee_assign,
    ),
    "set_status": RuleAction(
        gettext_lazy("Set the status to"),
        CHANGE,
        _set_status,
        "one",
        _statuses,
        foresee=_foresee_status,
    ),
    "set_priority": RuleAction(
        gettext_lazy("Set the priority to"),
        CHANGE,
        _set_priority,
        "one",
        priorities,
        foresee=_foresee_value("priority", int),
    ),
    "set_type": RuleAction(
        gettext_lazy("Set the type to"),
        CHANGE,
        _set_type,
        "one",
        types,
        foresee=_foresee_value("type", str),
    ),
    "add_tags": RuleAction(
        gettext_lazy("Add the tags"),
        CHANGE,
        _add_tags,
        "words",
        foresee=lambda value, wanted: _foresee_tags(value, wanted, adds=True),
    ),
    "remove_tags": RuleAction(
        gettext_lazy("Remove the tags"),
        CHANGE,
        _remove_tags,
        "words",
        foresee=lambda value, wanted: _foresee_tags(value, wanted, adds=False),
    ),
    "set_field": RuleAction(
        gettext_lazy("Fill in the field"),
        CHANGE,
        _set_field,
        "pair",
        _fields,
        foresee=_foresee_field,
    ),
    "add_checklist": RuleAction(
        gettext_lazy("Add to the checklist"),
        CHANGE,
        _add_checklist,
        "words",
        take_back=_drop_checklist,
    ),
    "reply": RuleAction(
        gettext_lazy("Answer the customer"), REPLY, _reply, "text", check=_check_words
    ),
    "note": RuleAction(gettext_lazy("Write a note"), NOTE, _note, "text", check=_check_words),
    "macro": RuleAction(
        gettext_lazy("Use the macro"), CHANGE, _macro, "one", _macros, foresee=_foresee_macro
    ),
    "notify": RuleAction(gettext_lazy("Tell"), VIEW, tell_people, "many", whom),
    "follow": RuleAction(
        gettext_lazy("Let follow it"), VIEW, let_follow, "many", people, take_back=let_go
    ),
    "webhook": RuleAction(gettext_lazy("Call the webhook"), CHANGE, call_webhook, "one", webhooks),
}
