"""What admins and supervisors say about teams, people and skills."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Team, User
from automation.models import AgentCapacity, AgentSkill, Skill, SkillRule, TeamRouting
from connectors.models import Inbox
from core.errors import Invalid
from core.events import record
from core.ids import new_id

SET_UP = "automation.set_up_routing"


@transaction.atomic
def set_routing(
    team: Team, *, actor: User, overflow: Collection[Team] = (), **values: Any
) -> TeamRouting:
    """How the team's tickets find somebody; what waits already is given out with the next look."""
    routing, _new = TeamRouting.objects.select_for_update().get_or_create(team=team)
    for name, value in values.items():
        setattr(routing, name, value)
    routing.save()
    routing.overflow.set([one for one in overflow if one.pk != team.pk])
    record("routing.changed", subject=team, actor=actor, mode=str(routing.mode))
    return routing


@transaction.atomic
def add_skill(*, name: str, language: str = "", actor: User) -> Skill:
    """With ``language`` it is that language, and its code is kept as the skill's."""
    kind = Skill.Kind.LANGUAGE if language else Skill.Kind.SKILL
    code = language or slugify(name, allow_unicode=False)[:40] or f"skill-{new_id().hex[-12:]}"
    try:
        with transaction.atomic():
            skill = Skill.objects.create(name=name.strip(), code=code, kind=kind)
    except IntegrityError:
        raise Invalid(_("There is such a skill already."), field="name") from None
    record("skill.added", subject=skill, actor=actor)
    return skill


@transaction.atomic
def remove_skill(skill: Skill, *, actor: User) -> None:
    """What asked for it asks for it no more."""
    record("skill.removed", subject=skill, actor=actor)
    skill.delete()


@transaction.atomic
def set_abilities(
    user: User, *, actor: User, units: int, chats: int, levels: Mapping[UUID, int]
) -> User:
    """How much somebody carries and what they can do; a level of 0 takes the skill away."""
    AgentCapacity.objects.update_or_create(user=user, defaults={"units": units})
    user.chat_capacity = chats
    user.save(update_fields=["chat_capacity"])
    AgentSkill.objects.filter(user=user).delete()
    AgentSkill.objects.bulk_create(
        AgentSkill(user=user, skill_id=skill, level=level)
        for skill, level in levels.items()
        if level
    )
    record("user.abilities_changed", subject=user, actor=actor, units=units, chats=chats)
    return user


@transaction.atomic
def add_rule(
    *,
    actor: User,
    skill: Skill,
    level: int = 1,
    least: int = 1,
    is_required: bool = True,
    team: Team | None = None,
    inbox: Inbox | None = None,
    type: str = "",
    tag: str = "",
) -> SkillRule:
    if skill.kind == Skill.Kind.LANGUAGE:
        reason = _("The language of a ticket is found in what was written; it needs no rule.")
        raise Invalid(reason, field="skill")
    if least > level:
        raise Invalid(_("The least level lies above the level asked for."), field="least")
    rule = SkillRule.objects.create(
        skill=skill,
        level=level,
        least=least,
        is_required=is_required,
        team=team,
        inbox=inbox,
        type=type,
        tag=tag.strip().lower(),
    )
    record("routing.rule_added", subject=rule, actor=actor)
    return rule


@transaction.atomic
def remove_rule(rule: SkillRule, *, actor: User) -> None:
    record("routing.rule_removed", subject=rule, actor=actor)
    rule.delete()
