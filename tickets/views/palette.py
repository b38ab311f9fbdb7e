"""What the command palette cannot read from the page: views, macros, tickets and customers."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse

from customers.models import Customer
from tickets.models import Ticket
from tickets.queries.macros import MOST, visible_macros
from tickets.queries.palette import find_few
from tickets.queries.saved import key_of, load_menu
from tickets.templatetags.mail_parts import subject_line
from tickets.templatetags.ticket_parts import status_name
from tickets.views.access import reads
from tickets.views.lists import VIEW_TITLES

MAX_WORDS = 200


@reads
def places(request: HttpRequest) -> JsonResponse:
    """Every view and macro this user has, by name."""
    menu = load_menu(request.user)
    views = [(key, str(title)) for key, title in VIEW_TITLES.items()]
    views += [(f"team-{pk}", name) for pk, name in menu.teams]
    views += [(key_of(view), view.name) for view in menu.views]
    macros = visible_macros(request.user).filter(is_active=True).values_list("pk", "name")[:MOST]
    return _private(
        {
            "views": [{"title": title, "url": _list_url(key)} for key, title in views],
            "macros": [{"id": str(pk), "name": name} for pk, name in macros],
        }
    )


@reads
def find(request: HttpRequest) -> JsonResponse:
    text = request.GET.get("q", "")[:MAX_WORDS].strip()
    found = find_few(request.user, text)
    return _private(
        {
            "tickets": [_ticket_row(ticket, text) for ticket in found.tickets],
            "customers": [_customer_row(customer) for customer in found.customers],
        }
    )


def _list_url(key: str) -> str:
    return f"{reverse('tickets:list')}?view={key}"


def _ticket_row(ticket: Ticket, text: str) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "subject": subject_line(ticket),
        "note": f"{ticket.customer.name} · {status_name(ticket.status)}",
        "url": reverse("tickets:ticket", args=[ticket.pk]),
        "is_number": text.lstrip("#") == str(ticket.number),
    }


def _customer_row(customer: Customer) -> dict[str, Any]:
    return {
        "name": customer.name,
        "note": customer.organisation.name if customer.organisation else "",
        "url": reverse("customers:customer", args=[customer.pk]),
    }


def _private(content: dict[str, Any]) -> JsonResponse:
    return JsonResponse(content, headers={"Cache-Control": "no-store, private"})
