"""Parts of the configuration that say what is done by itself, as whom, and who is told outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Team, User
from automation.actions.rule_account import ALL_TICKETS, CHOICES, change_rule_account, rule_account
from automation.actions.rules import disable_rule, enable_rule, read_rule, save_rule
from automation.actions.webhooks import skip_to_now
from automation.models import Rule, RuleAccount, RuleVersion, Webhook
from automation.queries.webhooks import refuses
from automation.webhooks.addresses import UNSAID, is_shortened, shorten
from automation.webhooks.catalogue import EVENTS
from automation.webhooks.signing import new_secret
from core.errors import HelpdeskError
from helpdesk.config.errors import ConfigRefused
from helpdesk.config.parts import Many, Names, Part, mark, names_strangers, texts, unmark
from helpdesk.config.section import ID, Section

_WORDS = ("when", "if", "then", "stops")
_ALL = "all"


@dataclass(frozen=True)
class Address(Part):
    """Where a webhook leads. What lies behind the host may be a key and is not written down: it is
    "…" then, and stays as it is here; a new one must be completed before it is switched on."""

    def read(self, row: Webhook, names: Names) -> str:
        return shorten(str(row.url))

    def check(self, value: Any, row: Webhook, names: Names) -> str:
        if not isinstance(value, str):
            raise ConfigRefused(f"must be text, not {value!r}")
        is_new = row._state.adding
        if not is_new and value in (row.url, shorten(str(row.url))):
            return shorten(value)
        if is_shortened(value) and not is_new:
            raise ConfigRefused("leads to another place; write the whole address")
        try:
            is_inside = refuses(value.removesuffix(UNSAID)) == "inside"
        except HelpdeskError as refusal:
            raise ConfigRefused(refusal.reason) from None
        if is_inside:
            raise ConfigRefused("leads into the helpdesk's own network")
        return value

    def write(self, row: Webhook, value: str, names: Names) -> None:
        row.url = value


@dataclass(frozen=True)
class Told(Part):
    """The events a webhook is told of; none: all there are."""

    def check(self, value: Any, row: Webhook, names: Names) -> list[str]:
        if unknown := sorted(set(texts(value)) - set(EVENTS)):
            raise ConfigRefused(f"there is no event {unknown[0]!r} to be told of")
        return [event for event in EVENTS if event in value]


def begin_webhook(key: str, names: Names) -> Webhook:
    """Off: nobody has its secret yet."""
    skip_to_now()
    return Webhook(name=key, secret=new_secret(), state=Webhook.State.OFF)


# As whom rules act


def _account_of(row: RuleAccount) -> User:
    return User.objects.get(pk=row.user_id)


def _change_account(row: RuleAccount, **values: Any) -> None:
    user = _account_of(row)
    rights, teams = user.access.rights, user.access.teams
    given = {
        "name": user.name,
        "rights": [right for right in CHOICES if right in rights],
        "teams": None if ALL_TICKETS in rights else list(Team.objects.filter(pk__in=teams)),
    }
    try:
        change_rule_account(actor=None, **(given | values))
    except HelpdeskError as refusal:
        raise ConfigRefused(refusal.reason) from None


@dataclass(frozen=True)
class AccountName(Part):
    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: RuleAccount, names: Names) -> str:
        return _account_of(row).name

    def check(self, value: Any, row: Any, names: Names) -> str:
        if not isinstance(value, str):
            raise ConfigRefused(f"must be text, not {value!r}")
        return " ".join(value.split())

    def write(self, row: RuleAccount, value: str, names: Names) -> None:
        _change_account(row, name=value)


@dataclass(frozen=True)
class AccountRights(Part):
    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: RuleAccount, names: Names) -> list[str]:
        held = _account_of(row).access.rights
        return [right for right in CHOICES if right in held]

    def check(self, value: Any, row: Any, names: Names) -> list[str]:
        if unknown := sorted(set(texts(value)) - set(CHOICES)):
            known = ", ".join(CHOICES)
            raise ConfigRefused(f"rules cannot have the right {unknown[0]!r}; known: {known}")
        return [right for right in CHOICES if right in value]

    def write(self, row: RuleAccount, value: list[str], names: Names) -> None:
        _change_account(row, rights=value)


@dataclass(frozen=True)
class AccountTeams(Part):
    """Whose tickets it may touch: "all", or teams by name."""

    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: RuleAccount, names: Names) -> str | list[str]:
        access = _account_of(row).access
        if ALL_TICKETS in access.rights:
            return _ALL
        keys = [names.key_of("teams", pk) for pk in access.teams]
        return sorted(key for key in keys if key)

    def check(self, value: Any, row: Any, names: Names) -> str | list[str]:
        if value == _ALL:
            return _ALL
        for key in texts(value):
            names.find("teams", key)
        return sorted(set(value))

    def write(self, row: RuleAccount, value: str | list[str], names: Names) -> None:
        teams = None if value == _ALL else [names.find("teams", key) for key in value]
        _change_account(row, teams=teams)


def begin_account(key: str, names: Names) -> RuleAccount:
    rule_account()
    return RuleAccount.objects.get()


# What they do


@dataclass(frozen=True)
class Says(Part):
    """What a rule says: what is in force, else its newest version. A change of it is a new version,
    as everywhere; a draft beside what is in force stays here."""

    is_late: bool = field(default=True, kw_only=True)

    def is_private(self, row: Rule, names: Names) -> bool:
        return names_strangers(_said(row), names)

    def read(self, row: Rule, names: Names) -> dict[str, Any]:
        found: dict[str, Any] = mark(_said(row), names)
        return found

    def check(self, value: Any, row: Rule, names: Names) -> dict[str, Any]:
        """As it was read it may name what is gone, and stays as it is."""
        shapes = {"when": dict, "if": dict, "then": list, "stops": bool}
        if not isinstance(value, dict) or set(value) != set(_WORDS):
            raise ConfigRefused(f"must be a mapping of {', '.join(_WORDS)}")
        for name, shape in shapes.items():
            if not isinstance(value[name], shape):
                raise ConfigRefused(f"{name}: has another form, not {value[name]!r}")
        if value == self.read(row, names):
            return value
        return {**mark(_read(unmark(value, names)), names), "stops": value["stops"]}

    def write(self, row: Rule, value: dict[str, Any], names: Names) -> None:
        said = unmark(value, names)
        was_on = _live(row) is not None
        parts = {"trigger": said["when"], "conditions": said["if"], "steps": said["then"]}
        save_rule(row, actor=None, name=row.name, stops=said["stops"], **parts)
        if was_on:
            _enable(row)


def _read(said: Mapping[str, Any]) -> dict[str, Any]:
    """As a rule is kept."""
    try:
        when, conditions, steps = read_rule(said["when"], said["if"], said["then"])
    except HelpdeskError as refusal:
        raise ConfigRefused(f"{refusal.extra.get('field', '')}: {refusal.reason}") from None
    except (TypeError, ValueError, KeyError, AttributeError) as wrong:
        raise ConfigRefused(f"says no rule: {wrong}") from None
    return {"when": when, "if": conditions, "then": steps}


@dataclass(frozen=True)
class IsOn(Part):
    """Whether it acts; written after what it says."""

    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: Rule, names: Names) -> bool:
        return _live(row) is not None

    def check(self, value: Any, row: Any, names: Names) -> bool:
        if not isinstance(value, bool):
            raise ConfigRefused(f"must be true or false, not {value!r}")
        return value

    def write(self, row: Rule, value: bool, names: Names) -> None:
        if not value:
            disable_rule(row, actor=None)
        elif _live(row) is None:
            _enable(row)


def _enable(row: Rule) -> None:
    try:
        enable_rule(row, actor=None)
    except HelpdeskError as refusal:
        raise ConfigRefused(refusal.reason) from None


def _live(row: Rule) -> RuleVersion | None:
    known = RuleVersion.objects.filter(rule=row.pk, since__isnull=False, until=None)
    return None if row._state.adding else known.first()


def _said(row: Rule) -> dict[str, Any]:
    newest = RuleVersion.objects.filter(rule=row.pk).order_by("-number")
    version = _live(row) or newest.first()
    if version is None:
        return {"when": {}, "if": {}, "then": [], "stops": False}
    parts = version.trigger, version.conditions, version.steps
    return {"when": parts[0], "if": parts[1], "then": parts[2], "stops": version.stops}


RULES = (
    Section(
        "webhooks",
        "webhook",
        Webhook,
        ("name",),
        (Address("url"), Told("events"), Many("teams", to="teams")),
        ID
        | {
            "name": "its key",
            "secret": "a secret",
            "old_secret": "a secret",
            "old_until": "belongs to the secret",
            "state": "switched on on its page, once the other side has its secret",
            "created_at": "",
            "made_by": "a person",
            **dict.fromkeys(("ok_at", "failing_since", "failures", "retry_at"), "its line"),
            **dict.fromkeys(("lease_until", "turn_at", "fence"), "its line"),
        },
        make=begin_webhook,
    ),
    Section(
        "rule_account",
        "rule.account",
        RuleAccount,
        (),
        (AccountName("name"), AccountRights("rights"), AccountTeams("teams")),
        {"only": "", "user": "as name, rights and teams"},
        key_of=lambda row: "account",
        make=begin_account,
    ),
    Section(
        "rules",
        "rule",
        Rule,
        ("name",),
        (Part("position"), Says("says"), IsOn("is_on")),
        ID | {"name": "its key", "created_at": "", "next_at": "counted from what it says"},
        removal=lambda row: disable_rule(row, actor=None),
        is_used=lambda row: _live(row) is not None,
    ),
)
