"""What the shop promises: its best customers more, everybody something."""

from accounts.models import User
from automation.actions.policies import put_in_force, save_draft

_WAITING = ["waiting_customer", "waiting_third_party"]


def _target(metric: str, minutes: dict[str, int]) -> dict[str, object]:
    pauses = _WAITING if metric == "resolution" else []
    return {"metric": metric, "minutes": minutes, "warn": 80, "pauses": pauses}


_VIP = [
    _target("first_response", {"": 60, "urgent": 15}),
    _target("next_response", {"": 120}),
    _target("resolution", {"": 480, "urgent": 240}),
]
_USUAL = [
    _target("first_response", {"": 240, "high": 120, "urgent": 60}),
    _target("next_response", {"": 480}),
    _target("resolution", {"": 1440, "urgent": 480}),
]


def make_promises(*, actor: User) -> None:
    """In force from now on. The first one made comes first."""
    vip = save_draft(
        None,
        actor=actor,
        name="VIP",
        conditions={"tier": ["vip"]},
        targets=_VIP,
        hours="team",
    )
    usual = save_draft(
        None, actor=actor, name="Standard · 标准", conditions={}, targets=_USUAL, hours="team"
    )
    for draft in (vip, usual):
        put_in_force(draft.policy, actor=actor)
