"""Releases are watched, and alarms are told."""

from bots.actions.releases import watch_release
from bots.actions.releases_telling import tell_of_rise
from bots.models import Bot, Flow, ReleaseWatch, UnderstandingModel
from core.events import on
from core.lanes import Lease
from core.models import Event


@on("flow.published", "flow.switched")
def watch_flow(event: Event) -> None:
    flow = Flow.objects.select_related("bot").filter(pk=event.subject_id).first()
    if flow is None:
        return
    details = event.details
    kind = "flow"
    if event.name == "flow.switched":
        kind = "switched_on" if details.get("on") else "switched_off"
    watch_release(flow.bot, kind=kind, name=flow.slug, number=int(details.get("number", 0)))


@on("understanding.went_live")
def watch_model(event: Event) -> None:
    """All bots of the house understand by it."""
    model = UnderstandingModel.objects.filter(pk=event.subject_id).first()
    if model:
        for bot in Bot.objects.order_by("pk"):
            watch_release(bot, kind="model", name="", number=model.number)


@on("release.alarmed", lane="send")
def tell_who_looks_after(event: Event, lease: Lease) -> None:
    found = ReleaseWatch.objects.filter(pk=event.subject_id).select_related("bot").first()
    if found:
        tell_of_rise(found)
    with lease.finish():
        pass
