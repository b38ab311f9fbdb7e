"""Working hours and days off."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import Calendar, Holiday
from accounts.queries import find_public_holidays, read_hours
from core.errors import Invalid
from core.models import Event

FORM = {"name": "Office", "timezone": "Europe/Berlin", "day_mon": "9:00-12:30, 13:30–18:00"}


@pytest.fixture
def office(admin, sign_in):
    assert sign_in(admin).post(reverse("accounts:add_calendar"), FORM).status_code == 302
    return Calendar.objects.get()


def test_hours_are_read_as_people_write_them(office):
    assert office.hours == {"mon": [["09:00", "12:30"], ["13:30", "18:00"]]}
    assert read_hours("00:00 至 24:00", field="x") == [["00:00", "24:00"]]
    assert read_hours("", field="x") == []


@pytest.mark.parametrize(
    "text", ["9-5", "25:00-26:00", "18:00-09:00", "9:00-12:00, 11:00-13:00", "9:00-12:00 or so"]
)
def test_hours_that_make_no_sense_are_refused_at_their_day(admin, sign_in, text):
    with pytest.raises(Invalid):
        read_hours(text, field="day_tue")
    answer = sign_in(admin).post(reverse("accounts:add_calendar"), FORM | {"day_tue": text})
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {"day_tue"}
    assert not Calendar.objects.exists()


def test_one_is_the_usual_one(office, admin, sign_in):
    client = sign_in(admin)
    page = reverse("accounts:calendar", args=[office.pk])
    assert client.post(page, FORM | {"is_default": "on"}).status_code == 302
    new = FORM | {"name": "Night", "is_default": "on"}
    assert client.post(reverse("accounts:add_calendar"), new).status_code == 302
    assert Calendar.objects.get(is_default=True).name == "Night"

    usual = reverse("accounts:delete_calendar", args=[Calendar.objects.get(name="Night").pk])
    assert client.post(usual).status_code == 409
    assert client.post(reverse("accounts:delete_calendar", args=[office.pk])).status_code == 302
    assert Calendar.objects.get().name == "Night"


def test_names_are_told_apart(office, admin, sign_in):
    answer = sign_in(admin).post(reverse("accounts:add_calendar"), FORM)
    assert answer.status_code == 400
    assert "of this name" in answer.content.decode()


def test_public_holidays_of_a_country_come_once(office, admin, sign_in):
    client = sign_in(admin)
    page = reverse("accounts:import_holidays", args=[office.pk])
    form = {"country": "DE", "subdivision": "by", "year": 2027}
    assert client.post(page, form).status_code == 302
    days = dict(office.holidays.values_list("date", "name"))
    assert days[date(2027, 1, 6)] == "Epiphany", "a day of this region"
    assert date(2027, 10, 3) in days

    assert client.post(page, form).status_code == 302
    assert office.holidays.count() == len(days)
    assert Event.objects.filter(name="calendar.holidays_added").count() == 1

    wrong = client.post(page, form | {"subdivision": "XX"})
    assert wrong.status_code == 400
    assert "no such region" in wrong.content.decode()


def test_holidays_are_named_in_the_readers_language():
    days = dict(find_public_holidays("CN", years=[2026], language="zh-hans"))
    assert days[date(2026, 1, 1)] == "元旦"


def test_a_day_off_is_added_and_removed(office, admin, sign_in):
    client = sign_in(admin)
    page = reverse("accounts:add_holiday", args=[office.pk])
    form = {"date": "2031-05-02", "name": "Bridge"}
    assert client.post(page, form).status_code == 302
    assert client.post(page, form).status_code == 400
    day = Holiday.objects.get()
    assert client.post(reverse("accounts:remove_holiday", args=[day.pk])).status_code == 302
    assert not Holiday.objects.exists()
