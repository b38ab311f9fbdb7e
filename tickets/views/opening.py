"""A ticket that an agent opens for a customer."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.errors import Invalid
from core.ids import new_id
from tickets import actions
from tickets.forms import OpenTicketForm
from tickets.views.access import require


@login_required
def open_ticket(request: HttpRequest) -> HttpResponse:
    require(request, "tickets.add_ticket")
    given = {"client_id": new_id(), "customer_email": request.GET.get("email", "")}
    form = OpenTicketForm(request.POST or None, user=request.user, initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            ticket = actions.open_ticket(
                form.cleaned_data.pop("inbox"), actor=request.user, **form.cleaned_data
            )
        except Invalid as refusal:
            form.add_error(None, refusal.reason)
        else:
            return redirect("tickets:ticket", ticket.pk)
    status = 400 if form.errors else 200
    return render(request, "tickets/new.html", {"form": form}, status=status)
