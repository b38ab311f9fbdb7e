"""Customers: finding them, their profile, and what they have agreed to."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import NotAllowed
from customers import actions
from customers.forms import ConsentForm, NotesForm, TierForm
from customers.models import Customer
from customers.queries import (
    ShownField,
    consent_history,
    fields_of,
    list_consents,
    load_customer,
    read_values,
    search_customers,
    show_values,
)


@login_required
@require_safe
def customer_list(request: HttpRequest) -> HttpResponse:
    _require(request, "customers.view_customer")
    text = request.GET.get("q", "").strip()[:200]
    page = search_customers(request.user, text, after=request.GET.get("after", ""))
    template = "customers/list.html"
    if request.headers.get("HX-Request"):
        template = "customers/_rows.html" if "after" in request.GET else "customers/_results.html"
    return _private(render(request, template, {"q": text, "page": page}))


@login_required
@require_safe
def customer_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    customer = load_customer(request.user, pk)
    return _private(render(request, "customers/customer.html", profile(request, customer)))


def house_values(customer: Customer) -> list[ShownField]:
    if customer.organisation is None:
        return []
    return show_values(fields_of("organisation"), read_values(customer.organisation))


def profile(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    identities = list(customer.identities.all())
    user = request.user
    return {
        "customer": customer,
        "identities": [i for i in identities if i.valid_to is None],
        "former": [i for i in identities if i.valid_to],
        "email": next((i.value for i in identities if i.kind == "email" and not i.valid_to), ""),
        "consents": list_consents(customer),
        "history": consent_history(customer),
        "consent_form": ConsentForm(auto_id="consent-%s"),
        "notes_form": NotesForm(initial={"notes": customer.notes}, auto_id="notes-%s"),
        "tier_form": TierForm(customer=customer, auto_id="tier-%s"),
        "may_change": user.may("customers.change_customer"),
        "may_open": user.may("tickets.add_ticket"),
        "custom_values": show_values(fields_of("customer"), read_values(customer)),
        "house_values": house_values(customer),
        "tickets_url": f"{reverse('tickets:of_customer', args=[customer.pk])}",
    }


@login_required
@require_POST
def record_consent(request: HttpRequest, pk: UUID) -> HttpResponse:
    customer = _changeable(request, pk)
    form = ConsentForm(request.POST)
    if form.is_valid():
        actions.record_consent(customer, actor=request.user, **form.cleaned_data)
        messages.success(request, _("The decision is on record."))
    else:
        messages.error(request, _("Choose a purpose, a decision and how we know."))
    return redirect(f"{reverse('customers:customer', args=[pk])}#consents")


@login_required
@require_POST
def write_notes(request: HttpRequest, pk: UUID) -> HttpResponse:
    customer = _changeable(request, pk)
    form = NotesForm(request.POST)
    if form.is_valid():
        actions.write_notes(customer, actor=request.user, notes=form.cleaned_data["notes"])
        messages.success(request, _("Notes saved."))
    return redirect("customers:customer", pk)


@login_required
@require_POST
def change_tier(request: HttpRequest, pk: UUID) -> HttpResponse:
    customer = _changeable(request, pk)
    form = TierForm(request.POST, customer=customer)
    if form.is_valid():
        last_day = form.cleaned_data["until"]
        until = datetime.combine(last_day, time.max) if last_day else None
        actions.change_tier(
            customer,
            actor=request.user,
            tier=form.cleaned_data["tier"],
            reason=form.cleaned_data["reason"],
            until=timezone.make_aware(until) if until else None,
        )
        messages.success(request, _("The tier is changed."))
    else:
        messages.error(request, _("Say which tier and why."))
    return redirect("customers:customer", pk)


def _changeable(request: HttpRequest, pk: UUID) -> Customer:
    customer = load_customer(request.user, pk)
    _require(request, "customers.change_customer")
    return customer


def _require(request: HttpRequest, right: str) -> None:
    if not request.user.may(right):
        raise NotAllowed(_("Your role does not allow this."))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response
