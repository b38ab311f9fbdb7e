"""Histories as they may happen, and an oracle that counts minutes one by one.

The oracle knows no stretches, no due times and no arithmetic of zones: it looks at the clock on
the wall each minute and asks what stands there.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from automation.sla.hours import read_hours
from automation.sla.shapes import BUILT_IN, Happening, Target, Terms

MINUTE = timedelta(minutes=1)
LUNCH = [["09:00", "12:30"], ["13:30", "18:00"]]
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), LUNCH)
NIGHTS = {day: [["00:00", "03:30"], ["22:00", "24:00"]] for day in ("fri", "sat", "sun", "mon")}
ALL = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
# Zone, week, days that are otherwise, and a moment just before its clocks are changed.
PLACES = [
    ("Europe/Berlin", WEEK, {date(2026, 3, 30): []}, datetime(2026, 3, 27, 12, tzinfo=UTC)),
    (
        "America/New_York",
        WEEK,
        {date(2026, 3, 9): [["10:00", "11:15"]]},
        datetime(2026, 3, 6, 20, tzinfo=UTC),
    ),
    ("Europe/Berlin", NIGHTS, {}, datetime(2026, 10, 23, 21, tzinfo=UTC)),
    ("America/New_York", NIGHTS, {}, datetime(2026, 10, 31, 3, tzinfo=UTC)),
    ("Australia/Lord_Howe", NIGHTS, {}, datetime(2026, 4, 3, 13, tzinfo=UTC)),
    ("Asia/Shanghai", WEEK, {date(2026, 10, 1): []}, datetime(2026, 9, 30, 3, tzinfo=UTC)),
    (
        "America/Santiago",
        ALL,
        {date(2026, 9, 6): [["00:00", "06:00"]]},
        datetime(2026, 9, 5, 22, tzinfo=UTC),
    ),
]
LONGEST = 4 * 1440
AFTERWARDS = 5 * 1440
CATEGORIES = ("open", "waiting_customer", "waiting_third_party", "resolved", "closed", "new")
WHAT = st.sampled_from(
    [
        "asked",
        "asked",
        "asked",
        "answered",
        "answered",
        "bot_answered",
        "assigned",
        "put_aside",
        "taken_up",
        *(f"status:{name}" for name in CATEGORIES),
    ]
)
PAUSES = st.frozensets(st.sampled_from(["waiting_customer", "waiting_third_party"]))


@st.composite
def histories(draw):
    """(place, happenings, at): minutes since the place's moment, in any order of kinds."""
    place = draw(st.integers(0, len(PLACES) - 1))
    start = PLACES[place][3]
    told = draw(st.lists(st.tuples(st.integers(0, LONGEST), WHAT), max_size=9))
    told = sorted(told, key=lambda pair: pair[0])
    first = draw(st.integers(0, 600))
    happenings = [Happening(start, "opened", 0)]
    happenings += [
        Happening(start + (first + minute) * MINUTE, what, number + 1)
        for number, (minute, what) in enumerate(told)
    ]
    at = start + draw(st.integers(0, LONGEST + 600)) * MINUTE
    return place, happenings, at


def hours_of(place):
    zone, week, days, _start = PLACES[place]
    return read_hours(zone, week, days)


HOURS = [hours_of(place) for place in range(len(PLACES))]


def terms_of(place, minutes, pauses, metrics=tuple(BUILT_IN)):
    targets = {
        code: Target(BUILT_IN[code], timedelta(minutes=minutes), pauses=pauses) for code in metrics
    }
    return Terms(version="v", targets=targets, hours=HOURS[place])


@lru_cache(maxsize=64)
def worked(place):
    """For each minute after the place's moment, whether the clock on the wall shows work."""
    zone, week, days, start = PLACES[place]
    wall, names = ZoneInfo(zone), ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    shown = []
    for number in range(LONGEST + AFTERWARDS + 1400):
        local = (start + number * MINUTE).astimezone(wall)
        spans = days.get(local.date(), week.get(names[local.weekday()], []))
        now = f"{local:%H:%M}"
        shown.append(any(first <= now < last for first, last in spans))
    return shown


def count_minutes(place, happenings, at, metric, minutes, pauses):
    """[(cycle, state, minutes used, minute due or None)], counted."""
    start = PLACES[place][3]
    last = int((at - start) / MINUTE)
    by_minute = {}
    for one in sorted(happenings, key=lambda h: h.order):
        by_minute.setdefault(int((one.at - start) / MINUTE), []).append(one.what)
    cycles, going, answered, category, aside = [], None, False, "new", False
    for minute in range(last + 1):
        for what in by_minute.get(minute, ()):
            if what == "put_aside":
                aside = True
            if what == "taken_up":
                aside = False
            if what.startswith("status:"):
                category = what[7:]
            is_over = what in ("status:resolved", "status:closed")
            if going is None:
                starts = {
                    "first_response": what == "asked" and not answered,
                    "next_response": what == "asked" and answered,
                    "resolution": what in ("opened", "asked") and not cycles,
                }[metric]
                goes_on = (
                    metric == "resolution" and cycles and what[:7] == "status:" and not is_over
                )
                if starts:
                    going = {"used": 0, "due": None, "end": None, "off": False}
                    cycles.append(going)
                elif goes_on:
                    going = cycles[-1]
                    going["end"] = None
            elif metric == "resolution":
                if is_over:
                    going["end"], going = minute, None
            elif what == "answered":
                going["end"], going = minute, None
            elif is_over:
                going["end"], going["off"], going = minute, True, None
            answered = answered or what == "answered"
        still = aside or category in pauses
        if going and minute < last and not still and worked(place)[minute]:
            going["used"] += 1
            if going["used"] == minutes:
                going["due"] = minute + 1
    result = []
    for number, one in enumerate(cycles):
        due, used = one["due"], one["used"]
        if one is going and due is None and not (aside or category in pauses):
            for minute in range(last, last + AFTERWARDS):
                used += worked(place)[minute]
                if used == minutes:
                    due = minute + 1
                    break
        end = last if one["end"] is None else one["end"]
        if one["off"]:
            state = "cancelled"
        elif one["due"] is not None and end > one["due"]:
            state = "breached"
        elif one["end"] is not None:
            state = "met"
        else:
            state = "paused" if aside or category in pauses else "running"
        result.append((number + 1, state, one["used"], due))
    return result
