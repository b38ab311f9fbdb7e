"""Visitors of the demonstration shop's website, for case 14. Run by bench.inside."""

from typing import Any

from django.conf import settings

from bench.probe import TURNS, valkey
from bench.seating import deal_tickets, secret_of
from bots.models import Tool
from bots.queries.tools import OWN_PREFIX
from core.ids import new_id
from livechat.models import ChatWidget, Visitor
from livechat.queries.tokens import digest_of
from livechat.views.shop import DOOR


def seat_guests(many: int) -> dict[str, Any]:
    """New each time: who has spoken before is answered otherwise."""
    valkey().delete(TURNS)
    _lead_tools_here()
    widget = ChatWidget.objects.filter(mail_inbox__address=DOOR).order_by("pk")[0]
    begun = Visitor.objects.filter(widget=widget).count()
    secrets = [secret_of(widget, begun + number) for number in range(many)]
    visitors = [
        Visitor(
            id=new_id(),
            widget=widget,
            secret_digest=digest_of(secret),
            locale=("en", "zh-hans")[number % 2],
        )
        for number, secret in enumerate(secrets)
    ]
    Visitor.objects.bulk_create(visitors)
    openings = deal_tickets([one.pk for one in visitors], many)
    return {
        "key": widget.key,
        "site": widget.origins[0],
        "seats": [
            {"token": secret, "opening": opening}
            for secret, opening in zip(secrets, openings, strict=True)
        ],
    }


def _lead_tools_here() -> None:
    """A folder that is kept has another port each time."""
    for tool in Tool.objects.filter(url__contains=OWN_PREFIX):
        url = f"{settings.PUBLIC_URL}{OWN_PREFIX}{tool.url.partition(OWN_PREFIX)[2]}"
        Tool.objects.filter(pk=tool.pk).update(url=url)


def read_turns() -> list[list[float]]:
    """Of each answer, in their order: milliseconds it took, of the processor, and waited before."""
    return [list(map(float, row.split())) for row in valkey().lrange(TURNS, 0, -1)]
