"""Saved views: the sheet in which they are built, their numbers, and what is done with them."""

import json
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import Invalid, NotAllowed
from core.fields import warm_keys
from customers.models import Organisation
from customers.queries import search_customers
from tickets import actions
from tickets.actions.saved_views import may_change, scope_of
from tickets.models import SavedView, Ticket
from tickets.queries import ListRequest, list_tickets
from tickets.queries.condition_values import check_named, load_choices, missing_in
from tickets.queries.conditions import UNRESOLVED_ONLY, Filter, condition_of, read_filter
from tickets.queries.lists import in_view
from tickets.queries.saved import count_saved, key_of, load_menu
from tickets.views.access import reads
from tickets.views.filter_words import as_filter, describe_fields
from tickets.views.lists import SORT_TITLES

_PREVIEWED = 6
_COUNTED = 1000
_PEOPLE = 8


@reads
def counts(request: HttpRequest) -> HttpResponse:
    """How many tickets stand in each saved view; pages ask now and then."""
    views = load_menu(request.user).views
    return _private(JsonResponse(count_saved(request.user, views)))


@reads
def editor(request: HttpRequest) -> HttpResponse:
    """The sheet for a new view (with the filters of a list), a copy, or one that exists."""
    require_viewer(request)
    pk = request.GET.get("pk", "")
    view = find_view(request, pk) if pk else None
    is_copy = view is not None and ("copy" in request.GET or not may_change(view, request.user))
    kept = view.filter if view else _from_list(request)
    choices = load_choices(request.user, kept)
    context = {
        "view": view,
        "is_copy": is_copy,
        "name": _("Copy of %(name)s") % {"name": view.name} if view and is_copy else "",
        "scope": scope_of(view) if view and not is_copy else "me",
        "teams": load_menu(request.user).teams if request.user.may("tickets.change_ticket") else [],
        "sorts": SORT_TITLES,
        "builder": {
            "fields": describe_fields(choices),
            "filter": kept,
            "gone": missing_in(kept, choices),
        },
    }
    return _private(render(request, "tickets/_view_editor.html", context))


def require_viewer(request: HttpRequest) -> None:
    if not request.user.may("tickets.view_ticket"):
        raise NotAllowed(_("Your role does not allow this."))


def find_view(request: HttpRequest, pk: str | UUID) -> SavedView:
    try:
        wanted = pk if isinstance(pk, UUID) else UUID(pk)
    except ValueError:
        raise Invalid(_("That is no id."), field="pk") from None
    found: Any = get_object_or_404(SavedView.objects.visible_to(request.user), pk=wanted)
    view: SavedView = found
    return view


def _from_list(request: HttpRequest) -> Filter:
    """The list somebody stands in, as the beginning of a view."""
    kept = as_filter(ListRequest.from_query(request.GET))
    return kept if kept["all"] else UNRESOLVED_ONLY


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What a filter would show now: how many, and the first of them."""
    require_viewer(request)
    kept = _posted_filter(request)
    asked = ListRequest(view="all", sort=_sort(request), limit=_PREVIEWED, filter=json.dumps(kept))
    page = list_tickets(request.user, asked)
    visible = in_view(Ticket.objects.visible_to(request.user), "all", request.user)
    found = len(page.rows)
    if page.next:
        matching = visible.filter(condition_of(kept, request.user)).order_by()
        found = matching.values("pk")[: _COUNTED + 1].count()
    context = {"rows": page.rows, "count": min(found, _COUNTED), "is_more": found > _COUNTED}
    return _private(render(request, "tickets/_view_preview.html", context))


def _sort(request: HttpRequest) -> str:
    sort = request.POST.get("sort", "newest")
    return sort if sort in SORT_TITLES else "newest"


def _posted_filter(request: HttpRequest) -> Filter:
    try:
        raw = json.loads(request.POST.get("filter", ""))
    except (ValueError, RecursionError):
        raise Invalid(_("The filter is no JSON."), field="filter") from None
    kept = read_filter(raw)
    check_named(kept, load_choices(request.user, kept))
    return kept


def _posted(request: HttpRequest) -> dict[str, Any]:
    return {
        "name": request.POST.get("name", ""),
        "filter": _posted_filter(request),
        "sort": request.POST.get("sort", "newest"),
        "columns": request.POST.getlist("columns"),
        "scope": request.POST.get("scope", "me"),
    }


@login_required
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    require_viewer(request)
    return _told(actions.create_view(actor=request.user, **_posted(request)), status=201)


@login_required
@require_POST
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    view = find_view(request, pk)
    return _told(actions.change_view(view, actor=request.user, **_posted(request)))


@login_required
@require_POST
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    by = -1 if request.POST.get("by") == "-1" else 1
    return _told(actions.move_view(find_view(request, pk), actor=request.user, by=by))


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    token = actions.delete_view(find_view(request, pk), actor=request.user)
    return _private(JsonResponse({"undo": token}))


@login_required
@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    require_viewer(request)
    return _told(actions.restore_view(request.POST.get("token", ""), actor=request.user))


def _told(view: SavedView, *, status: int = 200) -> HttpResponse:
    address = f"{reverse('tickets:list')}?view={key_of(view)}"
    told = {"id": view.pk, "name": view.name, "key": key_of(view), "url": address}
    return _private(JsonResponse(told, status=status))


@reads
def people(request: HttpRequest) -> HttpResponse:
    """Customers by their words, or organisations by the customers found, to be chosen from."""
    text = request.GET.get("q", "").strip()[:100]
    require_viewer(request)
    if not text or not request.user.may("customers.view_customer"):
        return _private(JsonResponse({"found": []}))
    customers = search_customers(request.user, text).rows
    if request.GET.get("what") != "organisation":
        rows = [[str(one.pk), one.name] for one in customers[:_PEOPLE]]
        return _private(JsonResponse({"found": rows}))
    ids = {one.organisation_id for one in customers if one.organisation_id}
    found = list(Organisation.objects.filter(pk__in=ids)[:_PEOPLE])
    warm_keys(found)
    return _private(JsonResponse({"found": [[str(one.pk), one.name] for one in found]}))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response
