"""The inbox: views with counts, the list, and its rows for scrolling and live updates."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.fields import warm_keys
from tickets.actions.saved_views import may_change
from tickets.models import Category, Priority, Ticket
from tickets.queries import ListRequest, list_tickets, list_with_counts
from tickets.queries.saved import SAVED, Menu, find_view, key_of, load_menu
from tickets.views.access import is_fragment, reads

VIEW_TITLES = {
    "mine": gettext_lazy("My open"),
    "unassigned": gettext_lazy("Unassigned"),
    "open": gettext_lazy("All open"),
    "waiting": gettext_lazy("Waiting"),
    "resolved": gettext_lazy("Resolved"),
    "all": gettext_lazy("All tickets"),
    "spam": gettext_lazy("Spam"),
}
SORT_TITLES = {
    "newest": gettext_lazy("Latest activity first"),
    "oldest": gettext_lazy("Oldest activity first"),
    "waiting": gettext_lazy("Waiting longest first"),
    "priority": gettext_lazy("Highest priority first"),
    "due": gettext_lazy("Due soonest first"),
}
FILTERS = ("status", "priority", "tag")
# Views that never get a number beside them: it would only ever grow.
_UNCOUNTED = ("resolved", "all", "spam")
_OF_CUSTOMER = 100


@dataclass(frozen=True, slots=True)
class ViewLink:
    key: str
    title: str
    url: str
    count: int | None
    is_current: bool
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that is set, and the address of the list without it."""

    name: str
    label: str
    url: str


def start(request: HttpRequest) -> HttpResponse:
    return redirect("tickets:list")


@reads
def ticket_list(request: HttpRequest) -> HttpResponse:
    context = list_context(request) | {"ticket": None}
    template = "tickets/_pane.html" if is_fragment(request) else "tickets/desk.html"
    return _private(render(request, template, context))


@reads
def rows(request: HttpRequest) -> HttpResponse:
    """Rows alone: the next page while scrolling, or the first one again with fresh counts."""
    asked = ListRequest.from_query(request.GET)
    if asked.view.startswith(SAVED):
        asked = asked.of(find_view(request.user, asked.view))
    if asked.after:
        page, counts = list_tickets(request.user, asked), None
    else:
        page, counts = list_with_counts(request.user, asked)
    context = {"page": page, "query": query_of(asked), "counts": counts}
    return _private(render(request, "tickets/_rows.html", context))


@reads
def of_customer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The tickets on a customer's profile, which lies below us and asks for them here."""
    visible = Ticket.objects.visible_to(request.user).filter(customer=pk, spam_at__isnull=True)
    found = list(
        visible.select_related("customer", "status", "assignee").order_by("-last_at")[:_OF_CUSTOMER]
    )
    warm_keys(found)
    context = {"tickets": found, "is_cut": len(found) == _OF_CUSTOMER}
    return _private(render(request, "tickets/_of_customer.html", context))


def list_context(request: HttpRequest) -> dict[str, object]:
    menu = load_menu(request.user)
    asked = ListRequest.from_query(request.GET)
    asked = asked.of(menu.find(asked.view))
    page, counts = list_with_counts(request.user, asked)
    links = view_links(counts, asked, menu)
    saved = saved_links(asked, menu)
    current = next((link for link in [*links, *saved] if link.is_current), None)
    return {
        "asked": asked,
        "page": page,
        "links": [link for link in links if not link.key.startswith("team-")],
        "team_links": [link for link in links if link.key.startswith("team-")],
        "own_links": [link for link in saved if not link.is_shared],
        "shared_links": [link for link in saved if link.is_shared],
        "may_edit": bool(asked.saved and may_change(asked.saved, request.user)),
        "title": current.title if current else _("Tickets"),
        "count": current.count if current else None,
        "query": query_of(asked),
        "filters": active_filters(asked),
        "sorts": SORT_TITLES,
        "categories": Category.choices,
        "priorities": [(p.name.lower(), p.label) for p in reversed(Priority)],
    }


def view_links(counts: dict[str, int], asked: ListRequest, menu: Menu) -> list[ViewLink]:
    titles = dict(VIEW_TITLES) | {f"team-{pk}": name for pk, name in menu.teams}
    return [
        ViewLink(
            key=key,
            title=str(title),
            url=f"{reverse('tickets:list')}?view={key}",
            count=None if key in _UNCOUNTED else counts.get(key, 0),
            is_current=key == asked.view,
        )
        for key, title in titles.items()
    ]


def saved_links(asked: ListRequest, menu: Menu) -> list[ViewLink]:
    """Without numbers, which the page asks for afterwards: they must not hold up the list."""
    return [
        ViewLink(
            key=key_of(view),
            title=view.name,
            url=f"{reverse('tickets:list')}?view={key_of(view)}",
            count=None,
            is_current=key_of(view) == asked.view,
            is_shared=view.owner_id is None,
        )
        for view in menu.views
    ]


def query_of(asked: ListRequest, **changed: str) -> str:
    """The list as a query string, to be kept in the address of a ticket opened from it."""
    values = {
        "view": asked.view,
        "sort": asked.sort,
        "status": asked.status,
        "priority": asked.priority,
        "tag": asked.tag,
    } | changed
    usual = {"sort": asked.saved.sort if asked.saved else "newest"}
    return urlencode({k: v for k, v in values.items() if v and usual.get(k) != v})


def active_filters(asked: ListRequest) -> list[Filter]:
    labels = {
        "status": dict(Category.choices).get(asked.status, asked.status),
        "priority": {p.name.lower(): p.label for p in Priority}.get(asked.priority, asked.priority),
        "tag": asked.tag,
    }
    address = reverse("tickets:list")
    return [
        Filter(name, str(labels[name]), f"{address}?{query_of(asked, **{name: ''})}")
        for name in FILTERS
        if getattr(asked, name)
    ]


def _private(response: HttpResponse) -> HttpResponse:
    """Pages about people stay out of every cache, the browser's own included."""
    response["Cache-Control"] = "no-store, private"
    return response
