"""Working hours and days off."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import actions
from accounts.forms import CalendarForm, HolidayForm, PublicHolidaysForm
from accounts.models import Calendar, Holiday
from accounts.queries import DAYS, find_public_holidays, workspace, write_hours
from core.pages import carry_out, sets_up, status_of


@require_safe
@sets_up("accounts.change_calendar")
def calendars(request: HttpRequest) -> HttpResponse:
    found = Calendar.objects.prefetch_related("teams")
    rows = [(calendar, _week_of(calendar)) for calendar in found]
    return render(request, "accounts/calendars.html", {"rows": rows})


def _week_of(calendar: Calendar) -> list[tuple[str, str]]:
    hours: dict[str, Any] = calendar.hours
    return [(str(name), write_hours(hours.get(day, []))) for day, name in DAYS.items()]


@sets_up("accounts.add_calendar")
def add(request: HttpRequest) -> HttpResponse:
    form = CalendarForm(request.POST or None, zone=workspace().timezone)
    made = carry_out(form, actions.save_calendar, calendar=None, actor=request.user)
    if made:
        messages.success(request, _("Saved. Add the days off now."))
        return redirect("accounts:calendar", made.pk)
    return render(request, "accounts/calendar.html", {"form": form}, status=status_of(form))


@sets_up("accounts.change_calendar")
def calendar(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Calendar, pk=pk)
    form = CalendarForm(request.POST or None, calendar=found)
    if carry_out(form, actions.save_calendar, calendar=found, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("accounts:calendars")
    return _show(request, found, form=form)


def _show(
    request: HttpRequest,
    found: Calendar,
    *,
    form: CalendarForm | None = None,
    day_form: HolidayForm | None = None,
    country_form: PublicHolidaysForm | None = None,
) -> HttpResponse:
    forms = (
        form or CalendarForm(calendar=found),
        day_form or HolidayForm(),
        country_form or PublicHolidaysForm(),
    )
    context = {
        "calendar": found,
        "form": forms[0],
        "day_form": forms[1],
        "country_form": forms[2],
        "holidays": found.holidays.filter(date__gte=timezone.localdate()),
        "past": found.holidays.filter(date__lt=timezone.localdate()).count(),
    }
    return render(request, "accounts/calendar.html", context, status=status_of(*forms))


@require_POST
@sets_up("accounts.change_calendar")
def add_holiday(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Calendar, pk=pk)
    form = HolidayForm(request.POST)
    if form.is_valid():
        day = (form.cleaned_data["date"], form.cleaned_data["name"])
        hours = form.cleaned_data["hours"]
        if actions.add_holidays(found, [day], hours=hours, actor=request.user):
            return redirect("accounts:calendar", pk)
        form.add_error("date", _("This day is off already."))
    return _show(request, found, day_form=form)


@require_POST
@sets_up("accounts.change_calendar")
def import_holidays(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Calendar, pk=pk)
    form = PublicHolidaysForm(request.POST)
    language = get_language() or "en"
    added: list[int] = []

    def bring_in(*, country: str, subdivision: str, year: int) -> None:
        days = find_public_holidays(
            country, years=[year], language=language, subdivision=subdivision.upper()
        )
        added.append(actions.add_holidays(found, days, actor=request.user))

    if carry_out(form, bring_in):
        words = ngettext("%(n)d day off was added.", "%(n)d days off were added.", added[0])
        messages.success(request, words % {"n": added[0]})
        return redirect("accounts:calendar", pk)
    return _show(request, found, country_form=form)


@require_POST
@sets_up("accounts.change_calendar")
def remove_holiday(request: HttpRequest, pk: UUID) -> HttpResponse:
    holiday = get_object_or_404(Holiday.objects.select_related("calendar"), pk=pk)
    actions.remove_holiday(holiday, actor=request.user)
    return redirect("accounts:calendar", holiday.calendar_id)


@require_POST
@sets_up("accounts.delete_calendar")
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.delete_calendar(get_object_or_404(Calendar, pk=pk), actor=request.user)
    messages.success(request, _("The working hours are gone."))
    return redirect("accounts:calendars")
