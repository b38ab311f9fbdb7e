"""Stories from ``content/`` as the steps of one ticket: who did what, when, in which words."""

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

CONTENT = Path(__file__).parent / "content"
TICKETS = 400
DAYS = 90
# How long ago a story that is still going on may have ended.
STILL_FRESH = {
    "new": timedelta(hours=20),
    "open": timedelta(days=2),
    "waiting_customer": timedelta(days=6),
    "waiting_third_party": timedelta(days=8),
}
CLOSED_AFTER = timedelta(days=4)


@cache
def read_content(name: str) -> Any:
    return json.loads((CONTENT / f"{name}.json").read_text())


@dataclass(slots=True)
class Turn:
    at: datetime
    by: str
    text: str
    html: str = ""
    attach: str = ""
    event: str = ""
    kind: str = ""
    author: str = ""


@dataclass(slots=True)
class Telling:
    """One story, told of one customer, by one agent, at its times and in its words."""

    story: dict[str, Any]
    customer: dict[str, Any]
    agent: dict[str, Any]
    subject: str
    turns: list[Turn] = field(default_factory=list)


def tell_all(now: datetime, rng: random.Random, *, tickets: int = TICKETS) -> list[Telling]:
    names = ("stories_en", "stories_zh_hans", "stories_zh_hant", "stories_other")
    stories = [story for name in names for story in read_content(name)]
    chosen = [story for story in stories for _ in range(story["weight"])]
    rng.shuffle(chosen)
    repeatable = [story for story in stories if "customer" not in story]
    while len(chosen) < tickets:
        chosen.append(rng.choice(repeatable))
    return [_tell(story, now, rng) for story in chosen[:tickets]]


def _tell(story: dict[str, Any], now: datetime, rng: random.Random) -> Telling:
    customer = _pick_customer(story, rng)
    agent = _pick_agent(story, rng)
    moments = _place_in_time(story, customer, now, rng)
    values = _values(story, customer, agent, moments, rng)
    telling = Telling(story, customer, agent, fill(story["subject"], values))
    signoffs = read_content("lexicon")["signoffs"]
    has_signed = False
    for turn, at in zip(story["turns"], moments, strict=True):
        text = fill(turn["text"], values)
        if turn["by"] == "agent" and not has_signed and story["lang"] in signoffs:
            text += "\n\n" + fill(rng.choice(signoffs[story["lang"]]), values)
            has_signed = True
        told = {name: turn.get(name, "") for name in ("attach", "event", "kind", "author")}
        html = fill(turn.get("html", ""), {k: escape(v) for k, v in values.items()})
        telling.turns.append(Turn(at=at, by=turn["by"], text=text, html=html, **told))
    return telling


def fill(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _pick_customer(story: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    customers = read_content("customers")
    if "customer" in story:
        return next(c for c in customers if c["key"] == story["customer"])
    tier = story.get("tier") or ("vip" if story["team"] == "vip" else None)
    fitting = [
        c
        for c in customers
        if story["lang"] in c["languages"] and (tier is None or c["tier"] == tier)
    ]
    fitting = fitting or [c for c in customers if story["lang"] in c["languages"]] or customers
    choice: dict[str, Any] = rng.choice(fitting)
    return choice


def _pick_agent(story: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    agents = read_content("lexicon")["agents"]
    if "agent" in story:
        return next(a for a in agents if a["key"] == story["agent"])
    in_team = [a for a in agents if story["team"] in a["teams"]]
    language = "zh" if story["lang"].startswith("zh") else story["lang"]
    fitting = [a for a in in_team if any(x.startswith(language) for x in a["languages"])]
    choice: dict[str, Any] = rng.choice(fitting or in_team)
    return choice


def _place_in_time(
    story: dict[str, Any], customer: dict[str, Any], now: datetime, rng: random.Random
) -> list[datetime]:
    gaps = [timedelta(minutes=turn["after_minutes"]) for turn in story["turns"]]
    length = sum(gaps, timedelta())
    fresh = STILL_FRESH.get(story["ends"])
    if fresh and rng.random() < 0.93:
        start = now - length - fresh * rng.random() - timedelta(minutes=3)
    else:
        latest = now - length - CLOSED_AFTER - timedelta(hours=6)
        start = latest - (timedelta(days=DAYS) - length) * rng.random()
        start = _at_a_likely_hour(start, story, customer, rng)
    moments, at = [], start
    for gap in gaps:
        at += gap
        moments.append(at)
    return moments


def _at_a_likely_hour(
    start: datetime, story: dict[str, Any], customer: dict[str, Any], rng: random.Random
) -> datetime:
    local = start.astimezone(ZoneInfo(customer["timezone"]))
    days = story.get("starts_on")
    while days and local.isoweekday() not in days:
        local -= timedelta(days=1)
    hour = story.get("starts_hour")
    if hour is None:
        hour = rng.choices(
            range(24), weights=[1] * 7 + [4, 8, 10, 10, 9, 7] + [8] * 6 + [6, 5, 4, 2, 1]
        )[0]
    return local.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60))


def _values(
    story: dict[str, Any],
    customer: dict[str, Any],
    agent: dict[str, Any],
    moments: list[datetime],
    rng: random.Random,
) -> dict[str, str]:
    lexicon = read_content("lexicon")
    language = story["lang"]
    product = _pick_product(story, lexicon["products"], rng)
    names = product["names"]
    cities = lexicon["cities"].get(language) or lexicon["cities"]["en"]
    couriers = lexicon["couriers"].get(language) or lexicon["couriers"]["en"]
    sign = agent["sign_zh"] if language.startswith("zh") else agent["sign"]
    low, high = lexicon["order_numbers"]
    ordered = moments[0] - timedelta(days=rng.randint(4, 12))
    return {
        "order": lexicon["order_format"].format(number=rng.randint(low, high)),
        "amount": _price(product, lexicon["currency"].get(language, "GBP")),
        "first_name": customer["first_name"],
        "name": customer["name"],
        "product": names.get(language) or names["en"],
        "city": rng.choice(cities),
        "courier": rng.choice(couriers),
        "agent": sign,
        "order_date": _say_day(ordered, language, lexicon),
        "date": _say_day(_promised_day(story, moments), language, lexicon),
    }


def _pick_product(
    story: dict[str, Any], products: list[dict[str, Any]], rng: random.Random
) -> dict[str, Any]:
    fitting = [
        p
        for p in products
        if p["key"] == story.get("product", p["key"])
        and p["kind"] == story.get("product_kind", p["kind"])
    ]
    choice: dict[str, Any] = rng.choice(fitting or products)
    return choice


def _price(product: dict[str, Any], currency: str) -> str:
    amount = product["prices"][currency]
    return {"GBP": f"£{amount}", "CNY": f"¥{amount:,}", "TWD": f"NT${amount:,}"}[currency]


def _promised_day(story: dict[str, Any], moments: list[datetime]) -> datetime:
    """The day a later turn speaks of as come, so that promises and arrivals agree."""
    turns = story["turns"]
    first = next((i for i, t in enumerate(turns) if "{date}" in t["text"]), None)
    if first is None:
        return moments[0] + timedelta(days=3)
    for i in range(first + 1, len(turns)):
        if turns[i]["after_minutes"] >= 1200:
            return moments[i]
    day = moments[first]
    for _ in range(3):
        day += timedelta(days=1)
        while day.isoweekday() > 5:
            day += timedelta(days=1)
    return day


def _say_day(day: datetime, language: str, lexicon: dict[str, Any]) -> str:
    formats = lexicon["date_formats"]
    # "%-d" is the C library's; the names of days and months stay English, as in the texts.
    return day.strftime(formats.get(language) or formats["en"])
