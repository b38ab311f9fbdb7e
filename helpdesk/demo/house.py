"""What an admin of the shop has set up: working hours, a role, fields about customers."""

from accounts.actions import (
    add_holidays,
    add_role,
    change_workspace,
    finish_set_up,
    save_calendar,
)
from accounts.models import Team, User
from accounts.queries import USUAL_HOURS, find_public_holidays
from core import clock
from customers.actions import add_field

_FIELDS = (
    ("customer", "text", "Delivery note · 送货备注", True),
    ("customer", "yes_no", "Trade customer · 企业客户", False),
    ("organisation", "text", "Contract · 合同编号", False),
)
_SHANGHAI = {day: [["09:30", "12:00"], ["13:30", "18:30"]] for day in USUAL_HOURS}


def set_up_house(name: str, *, teams: dict[str, Team], actor: User) -> None:
    change_workspace(name=name, timezone="Europe/London", actor=actor)
    finish_set_up(actor=actor)
    _set_hours(teams, actor)
    areas = ["read", "note", "open", "change", "customers"]
    add_role("Trainee · 实习客服", areas=areas, actor=actor)
    for owner, kind, field, is_personal in _FIELDS:
        values = {"kind": kind, "name": field, "is_personal": is_personal}
        add_field(actor=actor, owner=owner, **values)


def _set_hours(teams: dict[str, Team], actor: User) -> None:
    year = clock.now().year
    london = save_calendar(
        None,
        name="London",
        timezone="Europe/London",
        hours=USUAL_HOURS,
        is_default=True,
        actor=actor,
    )
    shanghai = save_calendar(
        None,
        name="上海",
        timezone="Asia/Shanghai",
        hours=_SHANGHAI,
        is_default=False,
        actor=actor,
    )
    years = [year, year + 1]
    british = find_public_holidays("GB", years=years, language="en", subdivision="ENG")
    add_holidays(london, british, actor=actor)
    chinese = find_public_holidays("CN", years=years, language="zh-hans")
    add_holidays(shanghai, chinese, actor=actor)
    Team.objects.filter(pk=teams["billing"].pk).update(calendar=shanghai)
