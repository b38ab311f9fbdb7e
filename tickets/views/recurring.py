"""Tickets that are opened again and again: making one from a ticket, and the list of all."""

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.clock import now
from core.errors import HelpdeskError
from tickets import actions
from tickets.models import Message, Recurrence, Ticket
from tickets.queries.work import list_recurrences
from tickets.views.access import reads, require

LAST_YEAR = 2200


class RepeatForm(forms.Form):
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=500)
    body = forms.CharField(
        label=gettext_lazy("What is to be done"),
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
        help_text=gettext_lazy("Stands in each new ticket as an internal note."),
        max_length=20_000,
    )
    every = forms.IntegerField(label=gettext_lazy("Every"), min_value=1, max_value=366, initial=1)
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"), choices=Recurrence.Unit.choices, initial="month"
    )
    first_on = forms.DateField(
        label=gettext_lazy("First on"), widget=forms.DateInput(attrs={"type": "date"})
    )
    at = forms.TimeField(
        label=gettext_lazy("At"), widget=forms.TimeInput(attrs={"type": "time"}), initial=time(9)
    )
    until = forms.DateField(
        label=gettext_lazy("Until"),
        widget=forms.DateInput(attrs={"type": "date"}),
        required=False,
        help_text=gettext_lazy("Leave it empty to go on for good."),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def repeat(request: HttpRequest, pk: UUID) -> HttpResponse:
    visible = Ticket.objects.visible_to(request.user).select_related("customer", "inbox")
    ticket = get_object_or_404(visible, pk=pk)
    require(request, "tickets.change_ticket")
    form = RepeatForm(request.POST or None, initial=_initial(ticket))
    if request.method == "POST" and form.is_valid() and _made(request, ticket, form):
        return redirect("tickets:recurring")
    status = 400 if form.errors else 200
    context = {"form": form, "ticket": ticket, "zone": request.user.timezone}
    return render(request, "tickets/repeat.html", context, status=status)


def _initial(ticket: Ticket) -> dict[str, object]:
    first = ticket.messages.filter(kind=Message.Kind.PUBLIC).order_by("at").first()
    if first:
        first.ticket = ticket
    return {"subject": ticket.subject, "body": first.body[:20_000] if first else ""}


def _made(request: HttpRequest, ticket: Ticket, form: RepeatForm) -> bool:
    given, zone = form.cleaned_data, ZoneInfo(request.user.timezone)
    if given["first_on"].year > LAST_YEAR:
        form.add_error("first_on", _("That is more than a year away."))
        return False
    until = given["until"]
    if until and until.year > LAST_YEAR:
        until = None  # as good as for ever, and later in UTC than a database can keep
    try:
        actions.repeat_ticket(
            ticket,
            actor=request.user,
            subject=given["subject"],
            body=given["body"],
            every=given["every"],
            unit=given["unit"],
            first_at=datetime.combine(given["first_on"], given["at"], zone),
            timezone=request.user.timezone,
            until=datetime.combine(until, time.max, zone) if until else None,
        )
    except HelpdeskError as refusal:
        form.add_error("first_on", refusal.reason)
        return False
    messages.success(request, _("It will be opened again and again."))
    return True


@reads
def recurring(request: HttpRequest) -> HttpResponse:
    require(request, "tickets.change_ticket")
    context = {"recurrences": list_recurrences(request.user), "now": now()}
    return render(request, "tickets/recurring.html", context)


@login_required
@require_POST
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request, "tickets.change_ticket")
    mine = {one.pk: one for one in list_recurrences(request.user)}
    found = get_object_or_404(Recurrence.objects.filter(pk__in=mine), pk=pk)
    actions.end_recurrence(found, actor=request.user)
    messages.success(request, _("It is no longer opened."))
    return redirect("tickets:recurring")
