"""Thirty days with lunch, days off and the change of clocks in three zones, worked out by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.queries import find_public_holidays
from automation.sla.hours import around_the_clock, read_hours

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
FIRST = date(2026, 3, 7)  # a Saturday
GOOD_FRIDAY = date(2026, 4, 3)


def on_workdays(spans):
    return dict.fromkeys(WORKDAYS, spans)


def german_holidays():
    """Of the window only Good Friday; from the package, as admins bring it in."""
    found = dict(find_public_holidays("DE", years=[2026], language="en"))
    days = [day for day in found if FIRST <= day < FIRST + timedelta(days=30)]
    assert days == [GOOD_FRIDAY]
    return {day: [] for day in days}


BERLIN = (
    "Europe/Berlin",
    on_workdays([["09:00", "12:30"], ["13:30", "18:00"]])
    | {"sat": [["10:00", "14:00"]], "sun": [["01:00", "04:00"]]},
    # A day of the house, and one that ends at noon.
    {date(2026, 3, 16): [], date(2026, 3, 20): [["09:00", "12:00"]], **german_holidays()},
)
NEW_YORK = (
    "America/New_York",
    on_workdays([["08:30", "12:00"], ["13:00", "17:30"]]) | {"sun": [["00:30", "03:30"]]},
    {date(2026, 3, 17): [], date(2026, 3, 25): [["13:00", "17:30"]]},
)
SYDNEY = (
    "Australia/Sydney",
    on_workdays([["09:00", "12:30"], ["13:15", "17:45"]]) | {"sun": [["01:00", "04:00"]]},
    {GOOD_FRIDAY: []},
)
HOURS = {place[0]: read_hours(*place) for place in (BERLIN, NEW_YORK, SYDNEY)}

# Hours of work on each day from Saturday 7 March to Sunday 5 April. Weeks as they stand on the
# wall: Sat Sun | Mon Tue Wed Thu Fri. In spring a Sunday night is an hour short (Berlin 29 March,
# New York 8 March), in autumn an hour long (Sydney 5 April).
DAYS = {
    "Europe/Berlin": """
        4 3  8 8 8 8 8
        4 3  0 8 8 8 3
        4 3  8 8 8 8 8
        4 2  8 8 8 8 0
        4 3""",
    "America/New_York": """
        0 2  8 8 8 8 8
        0 3  8 0 8 8 8
        0 3  8 8 4.5 8 8
        0 3  8 8 8 8 8
        0 3""",
    "Australia/Sydney": """
        0 3  8 8 8 8 8
        0 3  8 8 8 8 8
        0 3  8 8 8 8 8
        0 3  8 8 8 8 0
        0 4""",
}
TOTALS = {"Europe/Berlin": 173, "America/New_York": 162.5, "Australia/Sydney": 168}

# Zone, asked at (UTC), hours promised, due at (UTC); beside them what the wall shows.
DUE = [
    ("Europe/Berlin", "03-09 11:00", 1, "03-09 13:00"),  # Mon 12:00 → lunch → 14:00
    ("Europe/Berlin", "03-13 16:00", 2, "03-14 10:00"),  # Fri 17:00 → Sat 11:00
    ("Europe/Berlin", "03-13 16:00", 8, "03-15 03:00"),  # … → the end of Sunday's night
    ("Europe/Berlin", "03-15 11:00", 1, "03-17 09:00"),  # Sun → Mon is off → Tue 10:00
    ("Europe/Berlin", "03-19 15:00", 6, "03-21 10:00"),  # Thu 16:00 → Fri till noon → Sat 11:00
    ("Europe/Berlin", "03-28 12:00", 4, "03-30 08:00"),  # Sat 13:00 → a short night → Mon 10:00
    ("Europe/Berlin", "04-02 15:30", 1, "04-04 08:30"),  # Thu 17:30 → Good Friday → Sat 10:30
    ("America/New_York", "03-06 22:00", 2, "03-08 07:00"),  # Fri 17:00 → Sun 02:00, which is 03:00
    ("America/New_York", "03-06 22:00", 3, "03-09 13:00"),  # … → Mon 09:00
    ("America/New_York", "03-16 20:30", 2, "03-18 13:30"),  # Mon 16:30 → Tue is off → Wed 09:30
    ("America/New_York", "03-24 21:00", 5, "03-25 21:30"),  # Tue 17:00 → Wed 13:00–17:30, its end
    ("Australia/Sydney", "03-09 01:15", 1, "03-09 03:00"),  # Mon 12:15 → lunch → 14:00
    ("Australia/Sydney", "04-02 06:15", 2, "04-04 15:30"),  # Thu 17:15 → Sun 02:30, the first one
    ("Australia/Sydney", "04-02 06:15", 4.5, "04-04 18:00"),  # … → the end of a long night
    ("Australia/Sydney", "04-02 06:15", 5, "04-05 23:30"),  # … → Mon 09:30
]


def utc(text):
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", DAYS)
def test_each_of_thirty_days(zone):
    expected = [float(hours) for hours in DAYS[zone].split()]
    assert len(expected) == 30
    days = [FIRST + timedelta(days=n) for n in range(30)]
    spans = [HOURS[zone].spans_on(day) for day in days]
    worked = [sum(((b - a) for a, b in of), timedelta()) / timedelta(hours=1) for of in spans]
    assert worked == expected
    assert sum(expected) == TOTALS[zone]
    whole = HOURS[zone].elapsed(spans[0][0][0] if spans[0] else spans[1][0][0], spans[29][-1][1])
    assert whole == timedelta(hours=TOTALS[zone])


@pytest.mark.parametrize(("zone", "asked", "hours", "due"), DUE)
def test_when_it_is_due(zone, asked, hours, due):
    length = timedelta(hours=hours)
    assert HOURS[zone].after(utc(asked), length) == utc(due)
    assert HOURS[zone].elapsed(utc(asked), utc(due)) == length


def test_nobody_works():
    never = read_hours("UTC", {})
    assert never.after(utc("03-09 11:00"), timedelta(minutes=1)) is None
    assert not never.elapsed(utc("03-09 11:00"), utc("04-09 11:00"))
    assert around_the_clock().after(utc("03-09 11:00"), timedelta(days=2)) == utc("03-11 11:00")
