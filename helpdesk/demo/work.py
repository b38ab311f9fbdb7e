"""What hangs on tickets of the shop: a checklist, linked tickets, somebody who follows."""

from accounts.models import User
from tickets import actions
from tickets.models import UNRESOLVED, Ticket

_STEPS = {
    "en": ("Ask the carrier where it is", "Offer a replacement", "Tell the customer by Friday"),
    "zh": ("向承运商查询位置", "提供补发方案", "周五前告知客户"),
}


def hang_work_on(*, agents: list[User]) -> None:
    """On the newest open tickets in each language."""
    for language, steps in _STEPS.items():
        newest = Ticket.objects.filter(category__in=UNRESOLVED, spam_at=None, merged_into=None)
        found = newest.filter(language__startswith=language).order_by("-last_at")
        first, second, *_rest = [*found[:2], None, None]
        if first is None or second is None:
            continue
        items = [actions.add_item(first, actor=agents[0], text=text) for text in steps]
        actions.tick_item(items[0], actor=agents[0], is_done=True)
        actions.link_tickets(first, other=second, way="related", actor=agents[0])
        actions.follow(first, user=agents[-1])
