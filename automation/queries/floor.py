"""The people and the queue of a team as the core of routing wants them, in a few statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from accounts.models import Calendar, Presence, Team, User
from accounts.queries import OUT_OF_OFFICE, PAGE_LOST_AFTER, Shift, is_absent, shift_in
from automation.models import AgentCapacity, AgentSkill, Decision, Skill, SkillRule, TeamRouting
from automation.routing.shapes import Candidate, Need, Policy, Relax, Request
from core.clock import now
from tickets.models import Category, Ticket

# What one ticket of a kind of inbox weighs; all others weigh one unit.
UNITS = {"chat": 2}
USUAL_UNITS = 10
# Chats are offered by their own queue; here they only count as load.
OWN_QUEUES = ("chat",)
OFF_DUTY, OFFLINE = "off_duty", "offline"
_KNOWN_FOR = timedelta(days=180)
_LONG_AGO = timedelta(days=365)


def units_of(channel: str) -> int:
    return UNITS.get(channel, 1)


def policy_of(routing: TeamRouting) -> Policy:
    steps = (
        (routing.preferred_after, Relax.PREFERRED),
        (routing.language_after, Relax.LANGUAGE),
        (routing.level_after, Relax.LEVEL),
        (routing.overflow_after, Relax.TEAM),
    )
    relaxes = tuple((minutes * 60.0, what) for minutes, what in steps if minutes is not None)
    return Policy(relaxes=relaxes, starves_after=routing.starves_after * 60.0)


# Who might get it


def load_floor(routing: TeamRouting) -> list[Candidate]:
    """Everybody who answers tickets in the team or in those that help it."""
    found = list(_people_of(routing))
    own = {user.pk for user in found if user.is_own}
    return build_candidates(found, routing, own=own)


def read_again(routing: TeamRouting, user: UUID) -> tuple[User, Candidate] | None:
    """One of them as they are now, without what only a comparison needs."""
    found = list(_people_of(routing).filter(pk=user))
    if not found:
        return None
    own = {one.pk for one in found if one.is_own}
    return found[0], build_candidates(found, routing, own=own, compares=False)[0]


def _people_of(routing: TeamRouting) -> "QuerySet[Any]":
    """With ``is_own``: whether they are of the team itself."""
    works = User.teams.through.objects.filter(user=OuterRef("pk"))
    helping = TeamRouting.overflow.through.objects.filter(teamrouting=routing.pk).values("team")
    in_reach = works.filter(Q(team=routing.team_id) | Q(team__in=helping))
    people = User.objects.filter(_answers(), Exists(in_reach), is_active=True, kind="person")
    own = Exists(works.filter(team=routing.team_id))
    return people.annotate(is_own=own).select_related("presence", "calendar", "capacity")


def _answers() -> Q:
    """As ``User.may`` for one, asked of all at once."""
    right = Permission.objects.filter(
        content_type__app_label="tickets", codename="reply_ticket"
    ).filter(Q(group__user=OuterRef("pk")) | Q(user=OuterRef("pk")))
    return Q(is_superuser=True) | Q(Exists(right))


def build_candidates(
    people: Collection[User],
    routing: TeamRouting,
    *,
    own: Collection[UUID],
    compares: bool = True,
) -> list[Candidate]:
    """``compares``: with what came to each lately, by which they are told apart."""
    ids = [user.pk for user in people]
    skills, languages = _skills_of(ids)
    held = _held_by(ids)
    window = timedelta(hours=routing.window_hours)
    given = _given_to(ids if compares else [], since=now() - window)
    away = _Away(routing)
    return [
        Candidate(
            user.pk,
            **_capacity_of(user),
            load=sum(count * units_of(channel) for channel, count in held[user.pk].items()),
            held=held[user.pk],
            skills=skills[user.pk],
            languages=frozenset(languages[user.pk]),
            away=away.why(user),
            is_own=user.pk in own,
            given=given[user.pk][0],
            idle=given[user.pk][1],
        )
        for user in people
    ]


def _capacity_of(user: User) -> dict[str, Any]:
    row: AgentCapacity | None = getattr(user, "capacity", None)
    limits = {**(row.limits if row else {}), "chat": user.chat_capacity}
    return {"capacity": row.units if row else USUAL_UNITS, "limits": limits}


def _skills_of(users: list[UUID]) -> tuple[dict[UUID, dict[str, int]], dict[UUID, set[str]]]:
    skills: dict[UUID, dict[str, int]] = defaultdict(dict)
    languages: dict[UUID, set[str]] = defaultdict(set)
    rows = AgentSkill.objects.filter(user__in=users)
    for user, code, kind, level in rows.values_list("user", "skill__code", "skill__kind", "level"):
        if kind == Skill.Kind.LANGUAGE:
            languages[user].add(code)
        else:
            skills[user][code] = level
    return skills, languages


def _held_by(users: list[UUID]) -> dict[UUID, dict[str, int]]:
    """Tickets that are theirs to go on with; who waits for a customer carries nothing."""
    held: dict[UUID, dict[str, int]] = defaultdict(dict)
    rows = Ticket.objects.filter(
        assignee__in=users,
        category__in=[Category.NEW, Category.OPEN],
        spam_at=None,
        merged_into=None,
    )
    counted = rows.order_by().values("assignee", "inbox__kind").annotate(n=Count("pk"))
    for row in counted:
        held[row["assignee"]][row["inbox__kind"]] = row["n"]
    return held


def _given_to(users: list[UUID], *, since: datetime) -> dict[UUID, tuple[float, float]]:
    """Units within the window, and seconds since the last one."""
    moment = now()
    given: dict[UUID, tuple[float, float]] = defaultdict(lambda: (0.0, _LONG_AGO.total_seconds()))
    if not users:
        return given
    # What was offered and not taken weighs nothing.
    decisions = Decision.objects.filter(agent__in=users, at__gt=since, weight__gt=0)
    rows = decisions.order_by().values("agent")
    for row in rows.annotate(units=Sum("weight"), last=Max("at")):
        given[row["agent"]] = float(row["units"]), (moment - row["last"]).total_seconds()
    return given


class _Away:
    """Why nothing comes to somebody now. Each calendar is read once."""

    def __init__(self, routing: TeamRouting) -> None:
        self.moment = now()
        self.follows_hours = routing.follows_hours
        self.team: Calendar | None = routing.team.calendar
        self.shifts: dict[UUID, bool] = {}

    def why(self, user: User) -> str:
        presence: Presence | None = getattr(user, "presence", None)
        if is_absent(user, at=self.moment):
            return OUT_OF_OFFICE
        if presence is None or presence.state == Presence.State.OFFLINE:
            return OFFLINE
        if presence.state != Presence.State.ONLINE:
            return presence.reason or presence.state
        if presence.seen_at is None or presence.seen_at < self.moment - PAGE_LOST_AFTER:
            return OFFLINE
        calendar = user.calendar or self.team
        return "" if calendar is None or self._works(calendar) else OFF_DUTY

    def _works(self, calendar: Calendar) -> bool:
        if not self.follows_hours:
            return True
        if calendar.pk not in self.shifts:
            self.shifts[calendar.pk] = shift_in(calendar, at=self.moment).is_working
        return self.shifts[calendar.pk]


# What waits


def waiting_for(team: UUID) -> "QuerySet[Ticket]":
    """A customer waits in it, and nobody has it."""
    return Ticket.objects.filter(
        team=team,
        assignee=None,
        category__in=[Category.NEW, Category.OPEN],
        waiting_since__isnull=False,
        spam_at=None,
        merged_into=None,
    ).exclude(inbox__kind__in=OWN_QUEUES)


def build_requests(tickets: Collection[Ticket], routing: TeamRouting) -> list[Request]:
    """Precondition: ``inbox`` and ``customer__tier`` are read along."""
    rules = list(
        SkillRule.objects.filter(Q(team=None) | Q(team=routing.team_id)).select_related("skill")
    )
    knows = _who_knows({ticket.customer_id for ticket in tickets})
    begins = _day_begins(routing)
    return [
        Request(
            ticket.pk,
            channel=ticket.inbox.kind,
            weight=units_of(ticket.inbox.kind),
            needs=tuple(_needs_of(ticket, rules)),
            language=ticket.language,
            lane=ticket.customer.tier.priority,
            slack=(ticket.next_due_at - now()).total_seconds() if ticket.next_due_at else None,
            waited=_waited(ticket, begins),
            knows=knows[ticket.customer_id],
        )
        for ticket in tickets
    ]


def _needs_of(ticket: Ticket, rules: Iterable[SkillRule]) -> Iterable[Need]:
    """Of two rules for one skill the stricter holds."""
    found: dict[str, Need] = {}
    for rule in rules:
        if not _fits(rule, ticket):
            continue
        need = Need(rule.skill.code, rule.level, rule.least, rule.is_required)
        known = found.get(need.skill)
        if known is None or (need.is_required, need.level) > (known.is_required, known.level):
            found[need.skill] = need
    return found.values()


def _fits(rule: SkillRule, ticket: Ticket) -> bool:
    return (
        (not rule.type or rule.type == ticket.type)
        and (not rule.tag or rule.tag in ticket.tags)
        and (rule.inbox_id is None or rule.inbox_id == ticket.inbox_id)
    )


def _who_knows(customers: Collection[UUID]) -> dict[UUID, dict[UUID, float]]:
    """Customer → agent → share of their latest tickets that this agent had."""
    counts: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    rows = Ticket.objects.filter(
        customer__in=customers, assignee__isnull=False, last_at__gt=now() - _KNOWN_FOR
    )
    for row in rows.order_by().values("customer", "assignee").annotate(n=Count("pk")):
        counts[row["customer"]][row["assignee"]] = row["n"]
    shares: dict[UUID, dict[UUID, float]] = defaultdict(dict)
    for customer, of in counts.items():
        total = sum(of.values())
        shares[customer] = {agent: round(n / total, 2) for agent, n in of.items()}
    return shares


def _day_begins(routing: TeamRouting) -> datetime | None:
    """Nobody is waited for by night: what came then waits since the team began today."""
    calendar = routing.team.calendar if routing.follows_hours else None
    shift: Shift | None = shift_in(calendar) if calendar else None
    return shift.today[0][0] if shift and shift.today else None


def _waited(ticket: Ticket, begins: datetime | None) -> float:
    since = ticket.waiting_since or ticket.created_at
    if begins and since < begins < now():
        since = begins
    return max((now() - since).total_seconds(), 0.0)


def pushing_teams() -> "QuerySet[TeamRouting]":
    return TeamRouting.objects.filter(mode=TeamRouting.Mode.PUSH).select_related("team__calendar")


def list_teams() -> "QuerySet[Team]":
    return Team.objects.select_related("routing").order_by("name")
