"""Skills of the shop's people; the tickets of VIP care are given out."""

from accounts.models import Team, User
from automation.actions.routing_setup import add_rule, add_skill, set_abilities, set_routing
from automation.models import TeamRouting

_SKILLS = ("Returns · 退货", "Trade orders · 企业订单")
_LANGUAGES = {"en": "English", "zh-hans": "简体中文"}


def share_out_work(teams: dict[str, Team], *, people: dict[str, User], actor: User) -> None:
    returns, trade = (add_skill(name=name, actor=actor) for name in _SKILLS)
    english, chinese = (
        add_skill(name=name, language=code, actor=actor) for code, name in _LANGUAGES.items()
    )
    for place, user in enumerate(people.values()):
        is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in user.name)
        levels = {returns.pk: 1 + place % 3, trade.pk: place % 4, english.pk: 1}
        set_abilities(
            user,
            actor=actor,
            units=10,
            chats=user.chat_capacity,
            levels=levels | {chinese.pk: int(is_chinese)},
        )
    add_rule(actor=actor, skill=returns, is_required=False, tag="returns")
    add_rule(actor=actor, skill=trade, level=2, is_required=False, tag="trade")
    set_routing(
        teams["vip"],
        actor=actor,
        overflow=[teams["support"]],
        mode=TeamRouting.Mode.PUSH,
    )
