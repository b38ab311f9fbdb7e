"""Writing flows, publishing them, and bringing an earlier version back."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bots.actions.evaluation_runs import pass_gate_with_flow
from bots.dialogue.outline import OutlineError, parse
from bots.errors import NotPublishable
from bots.models import Bot, Flow, FlowVersion
from bots.queries.flows import live_version, read_outline
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.events import record

PUBLISH = "bots.publish_flow"


@transaction.atomic
def save_draft(bot: Bot, outline: str, *, actor: User | None, flow: Flow | None = None) -> Flow:
    """A draft may be wrong, but it must say which flow it is; the code stays for ever."""
    outline = outline.replace("\r\n", "\n").rstrip() + "\n"
    slug = _slug_in(outline)
    if flow is None:
        if not slug or Flow.objects.filter(bot=bot, slug=slug).exists():
            reason = _("The first line names the flow, and no other has this name: flow my_flow")
            raise Invalid(reason, field="outline")
        flow = Flow(bot=bot, slug=slug, position=bot.flows.count())
    elif slug != flow.slug:
        reason = _("The name of a flow stays: flow %(slug)s") % {"slug": flow.slug}
        raise Invalid(reason, field="outline")
    flow.draft, flow.changed_at = outline, now()
    flow.titles = _titles_in(outline) or flow.titles
    flow.save()
    record("flow.saved", subject=flow, actor=actor)
    return flow


def _slug_in(outline: str) -> str:
    lines = (line.strip() for line in outline.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    word, _space, slug = first.partition(" ")
    is_name = word == "flow" and slug.replace("_", "").isalnum() and slug.isascii()
    return slug[:40] if is_name else ""


def _titles_in(outline: str) -> dict[str, str]:
    try:
        return {code: text[:120] for code, text in parse(outline).titles.items()}
    except OutlineError:
        return {}


@transaction.atomic
def publish_flow(flow: Flow, *, actor: User | None, because: str = "") -> FlowVersion:
    """Followed from the next message on; dialogues within the flow go on where the step they wait
    at still stands, and go to a person where it does not. Raises ``GateClosed`` while a suite
    stands against it and nobody says why it is published all the same (``because``)."""
    if actor is not None and not actor.may(PUBLISH):
        raise NotAllowed(_("Your role does not allow this."), right=PUBLISH)
    flow = Flow.objects.select_for_update(of=("self",)).select_related("bot").get(pk=flow.pk)
    reading = read_outline(flow.draft, flow.bot)
    if reading.problems:
        raise NotPublishable(_("Put right what is named below first."), reading.problems)
    before = live_version(flow)
    if before and before.outline == flow.draft:
        return before
    pass_gate_with_flow(flow, flow.bot, actor=actor, because=because)
    version = FlowVersion(
        flow=flow,
        number=before.number + 1 if before else 1,
        outline=flow.draft,
        published_by=actor,
        published_at=now(),
    )
    version.save(force_insert=True)
    record("flow.published", subject=flow, actor=actor, number=version.number)
    return version


@transaction.atomic
def bring_back(flow: Flow, *, number: int, actor: User | None) -> Flow:
    """An earlier version becomes the draft; to be followed it is published like any other."""
    version = flow.versions.filter(number=number).first()
    if version is None:
        raise Invalid(_("There is no such version."), field="number")
    return save_draft(flow.bot, version.outline, actor=actor, flow=flow)


@transaction.atomic
def switch_flow(flow: Flow, *, is_on: bool, actor: User | None) -> Flow:
    if actor is not None and not actor.may(PUBLISH):
        raise NotAllowed(_("Your role does not allow this."), right=PUBLISH)
    if flow.is_on != is_on:
        flow.is_on = is_on
        flow.save(update_fields=["is_on"])
        record("flow.switched", subject=flow, actor=actor, on=is_on)
    return flow
