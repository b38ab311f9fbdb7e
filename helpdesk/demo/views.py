"""The views the shop's people keep, in their languages."""

from typing import Any

from accounts.models import Team, User
from tickets import actions

_OPEN = {"field": "status", "is": "any", "value": ["unresolved"]}


def _is(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "is": op} | ({} if value is None else {"value": value})


_EVERYBODYS = {
    "VIP, waiting for us": ("waiting", [_OPEN, _is("tier", "any", ["vip"]), _is("waiting", "set")]),
    "Urgent and nobody's": (
        "priority",
        [_OPEN, _is("priority", "at_least", "high"), _is("assignee", "any", ["nobody"])],
    ),
    "中文咨询": ("newest", [_OPEN, _is("language", "any", ["zh-hans", "zh-hant"])]),
}
_SUPPORTS = {"Quiet for a week": ("oldest", [_OPEN, _is("activity", "older_than", "1 w")])}
_OWN = {
    "催件与物流": ("oldest", [_OPEN, _is("tags", "any", ["催件", "物流"])]),
    "Reopened by customers": ("newest", [_OPEN, _is("reopened", "yes")]),
}


def keep_views(teams: dict[str, Team], *, supervisor: User, agent: User) -> None:
    everyones = (
        (_EVERYBODYS, supervisor, "everybody"),
        (_SUPPORTS, supervisor, str(teams["support"].pk)),
        (_OWN, supervisor, "me"),
        (_OWN, agent, "me"),
    )
    for views, actor, scope in everyones:
        for name, (sort, conditions) in views.items():
            kept = {"all": conditions, "any": []}
            actions.create_view(actor=actor, name=name, filter=kept, sort=sort, scope=scope)
