"""The charts of a customer's history, asked for by the profile and the side panel."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from customers.models import Customer
from tickets.queries.customer_history import history_of
from tickets.views.access import reads


@reads
def history(request: HttpRequest, pk: UUID) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    context = {"history": history_of(request.user, customer.pk)}
    response = render(request, "tickets/_customer_history.html", context)
    response["Cache-Control"] = "no-store, private"
    return response
