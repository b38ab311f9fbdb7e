"""Parts of the configuration that say what is promised and how work finds people."""

from dataclasses import dataclass, field
from typing import Any

from automation.actions.policies import put_in_force, save_draft, take_out_of_force
from automation.models import Policy, PolicyVersion
from core.errors import Invalid
from helpdesk.config.errors import ConfigRefused
from helpdesk.config.parts import Names, Part

_WORDS = ("conditions", "targets", "hours", "calendar", "zone")


@dataclass(frozen=True)
class Promise(Part):
    """What a service level says now: its newest version, in words that mean the same elsewhere. A
    change of it is a new version, as everywhere."""

    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: Policy, names: Names) -> dict[str, Any]:
        version = _newest(row)
        if version is None:
            return {}
        calendar = names.key_of("calendars", version.calendar_id) if version.calendar_id else None
        return {
            "conditions": version.conditions,
            "targets": version.targets,
            "hours": str(version.hours),
            "calendar": calendar,
            "zone": str(version.zone),
        }

    def check(self, value: Any, row: Any, names: Names) -> dict[str, Any]:
        if not isinstance(value, dict) or set(value) != set(_WORDS):
            raise ConfigRefused(f"must be a mapping of {', '.join(_WORDS)}")
        if value["calendar"] is not None:
            names.find("calendars", value["calendar"])
        if not isinstance(value["targets"], list) or not isinstance(value["conditions"], dict):
            raise ConfigRefused("targets is a list, conditions a mapping")
        for name, known in (("hours", PolicyVersion.Hours), ("zone", PolicyVersion.Zone)):
            if value[name] not in known.values:
                raise ConfigRefused(f"{name} must be one of {', '.join(known.values)}")
        return value

    def write(self, row: Policy, value: dict[str, Any], names: Names) -> None:
        calendar = names.find("calendars", value["calendar"]) if value["calendar"] else None
        was_in_force = _in_force(row)
        try:
            given = {name: value[name] for name in ("conditions", "targets", "hours", "zone")}
            save_draft(row, actor=None, name=row.name, calendar=calendar, **given)
        except (Invalid, KeyError, TypeError, AttributeError) as refusal:
            raise ConfigRefused(f"says no promise: {refusal}") from None
        if was_in_force:
            put_in_force(row, actor=None)


@dataclass(frozen=True)
class InForce(Part):
    """Whether it is promised to customers; written after what it says."""

    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: Policy, names: Names) -> bool:
        return _in_force(row)

    def check(self, value: Any, row: Any, names: Names) -> bool:
        if not isinstance(value, bool):
            raise ConfigRefused(f"must be true or false, not {value!r}")
        return value

    def write(self, row: Policy, value: bool, names: Names) -> None:
        if value and not _in_force(row):
            put_in_force(row, actor=None)
        elif not value:
            take_out_of_force(row, actor=None)


def _newest(row: Policy) -> PolicyVersion | None:
    return None if row._state.adding else row.versions.order_by("-number").first()


def _in_force(row: Policy) -> bool:
    known = PolicyVersion.objects.filter(policy=row.pk, since__isnull=False, until=None)
    return not row._state.adding and known.exists()
