"""The demonstration's shop as its bot's tools see it: orders behind a small typed HTTP API.

What stands here may be told; docs/demo-shop.md is written from it. What somebody changes is kept
for a day as a mark on the order, never with what they typed.
"""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bots.dialogue.phrases import pick
from bots.queries.tools import read_signature
from core.clock import now
from livechat.models import ChatWidget

# The demonstration's mailbox, which no real domain can have.
DOOR = "support@demo.test"
# Signs what its bot asks; the demonstration is the only one who is asked.
SECRET = "perchwood-demonstration"  # noqa: S105  guards made-up orders
_KEPT_SECONDS = 24 * 3600
RETURN_DAYS = 30
_is_rehearsal: ContextVar[bool] = ContextVar("shop_rehearsal", default=False)
Words = dict[str, str]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    number: str
    email: str
    product: Words
    total: str
    status: str  # confirmed, sent, late, furniture, delivered, cancelled, returned
    placed: int  # days ago
    day: int  # the day that counts, from today; negative is past
    postcode: str
    courier: Words | None = None
    window: str = ""  # of a furniture delivery


def _words(en: str, zh: str) -> Words:
    return {"en": en, "zh-hans": zh}


_LUNA = _words("Luna glass table lamp", "月见玻璃台灯")
_FJORD = _words("Fjord stoneware dinner set", "峡湾炻器餐具套装")
_ARC = _words("Arc floor lamp", "弧光落地灯")
_SWIFT, _GEESE = _words("Swiftlane", "迅舟物流"), _words("Blue Goose", "青雁速运")
_FAR = _words("Wancheng", "万程快递")
_JUNE, _CHEN = "june.fairweather@mail.example", "chenyutong@mail.example"
_ALL = (
    Order("PW-20734", _JUNE, _LUNA, "£79", "sent", 4, 1, "BS6 5QA", _SWIFT),
    Order(
        "PW-20735",
        _JUNE,
        _words("Moss breakfast set for four", "苔绿四人早餐套装"),
        "£89",
        "confirmed",
        1,
        1,
        "BS6 5QA",
    ),
    Order(
        "PW-21408", "eleanor.brightman@mail.example", _FJORD, "£184", "confirmed", 1, 1, "LS8 2AB"
    ),
    Order(
        "PW-23310",
        "arthur.whitcombe@mail.example",
        _words("Alder oak dining table", "桤林橡木餐桌"),
        "£890",
        "furniture",
        9,
        4,
        "EH3 6SS",
        window="8–12",
    ),
    Order("PW-24077", "ruth.carver@example.com", _ARC, "£165", "delivered", 9, -5, "NR2 3JD"),
    Order(
        "PW-25119",
        "declan.g@example.com",
        _words("Pebble bedside lamp, two", "卵石床头灯两盏"),
        "£116",
        "delivered",
        46,
        -41,
        "D06 X2F4",
    ),
    Order(
        "PW-26642",
        "giles@example.org",
        _words("Celadon 12-piece table set", "青瓷十二件套餐具"),
        "£126",
        "cancelled",
        8,
        -3,
        "YO1 7HH",
    ),
    Order(
        "PW-27905",
        "folake.a@example.com",
        _words("Heron reading lamp", "苍鹭阅读灯"),
        "£94",
        "returned",
        20,
        -2,
        "CF10 1BH",
    ),
    Order("PW-30018", _CHEN, _LUNA, "¥668", "sent", 3, 2, "200031", _GEESE),
    Order(
        "PW-30019",
        _CHEN,
        _words("Harvest dinner set", "丰年餐具套装"),
        "¥960",
        "delivered",
        24,
        -20,
        "200031",
    ),
    Order("PW-30455", "wanglei88@mail.example", _FJORD, "¥1580", "confirmed", 1, 1, "610041"),
    Order("PW-31277", "linana@example.com", _ARC, "¥1399", "delivered", 7, -3, "310012"),
    Order(
        "PW-33590",
        "zhang.hr@mail.example",
        _words("washed linen tablecloth", "水洗亚麻桌布"),
        "¥528",
        "late",
        7,
        -2,
        "100027",
        _FAR,
    ),
    Order(
        "PW-36021",
        "zhouxy@mail.example",
        _words("Birch writing desk", "白桦书桌"),
        "¥3280",
        "furniture",
        6,
        5,
        "518057",
        window="12–17",
    ),
)
ORDERS = {order.number: order for order in _ALL}

# What each is good for; None: over.
CODES: dict[str, Words | None] = {
    "WELCOME10": _words(
        "10% off a first order from £50, not for gift cards", "首单满 450 元享九折，礼品卡除外"
    ),
    "LAMP15": _words("15% off lamps from £80", "灯具满 700 元享八五折"),
    "SUMMER20": None,
}


# What the tools answer


def _find(inputs: Mapping[str, str], proved: list[str]) -> Order | None:
    """Whoever has neither proved the order's address nor names its postcode learns nothing, not
    even that there is such an order."""
    order = ORDERS.get(inputs.get("order", "").strip().upper())
    if order is None:
        return None
    given = "".join(inputs.get("postcode", "").split()).upper()
    knows_postcode = hmac.compare_digest(given.encode(), order.postcode.replace(" ", "").encode())
    return order if order.email in proved or knows_postcode else None


def find_order(inputs: Mapping[str, str], proved: list[str]) -> Answer:
    order = _find(inputs, proved)
    if order is None:
        return {"status": "unknown"}
    today: date = now().date()
    return {
        "status": _stands(order),
        "product": order.product,
        "total": order.total,
        "placed": (today - timedelta(days=order.placed)).isoformat(),
        "day": (today + timedelta(days=order.day)).isoformat(),
        "courier": order.courier or {},
        "window": order.window,
        "in_time": order.status == "delivered" and -order.day <= RETURN_DAYS,
        "is_theirs": order.email in proved,
    }


def list_orders(inputs: Mapping[str, str], proved: list[str]) -> Answer:
    """Of who has proved who they are, by number and name; the newest first."""
    theirs = [order for order in _ALL if order.email in proved]
    language = inputs.get("language", "")
    theirs.sort(key=lambda order: order.placed)
    return {"orders": [f"{one.number} {pick(one.product, language)}" for one in theirs]}


def change_address(inputs: Mapping[str, str], proved: list[str]) -> Answer:
    order = _own(inputs, proved)
    is_possible = order is not None and _stands(order) == "confirmed"
    return {"done": is_possible and bool(inputs.get("address", "").strip())}


def cancel_order(inputs: Mapping[str, str], proved: list[str]) -> Answer:
    order = _own(inputs, proved)
    if order is None or _stands(order) != "confirmed":
        return {"done": False}
    if not _is_rehearsal.get():
        cache.set(_mark(order), "cancelled", _KEPT_SECONDS)
    return {"done": True}


def send_label(inputs: Mapping[str, str], proved: list[str]) -> Answer:
    order = _own(inputs, proved)
    return {"done": order is not None and order.status == "delivered" and -order.day <= RETURN_DAYS}


def send_invoice(inputs: Mapping[str, str], proved: list[str]) -> Answer:
    order = _own(inputs, proved)
    return {"done": order is not None and order.status not in ("confirmed", "furniture")}


def check_code(inputs: Mapping[str, str], proved: list[str]) -> Answer:
    code = inputs.get("code", "").strip().upper()
    if code not in CODES:
        return {"holds": "unknown", "terms": {}}
    terms = CODES[code]
    return {"holds": "yes" if terms else "over", "terms": terms or {}}


def _own(inputs: Mapping[str, str], proved: list[str]) -> Order | None:
    """What changes something is done for who has proved the order's address alone."""
    order = ORDERS.get(inputs.get("order", "").strip().upper())
    return order if order and order.email in proved else None


def _stands(order: Order) -> str:
    mark = None if _is_rehearsal.get() else cache.get(_mark(order))
    return mark or order.status


@contextmanager
def rehearsal() -> Iterator[None]:
    """Nothing is kept, and nothing that was kept is seen."""
    token = _is_rehearsal.set(True)
    try:
        yield
    finally:
        _is_rehearsal.reset(token)


def _mark(order: Order) -> str:
    return f"demo-shop:{order.number}"


CALLS: dict[str, Callable[[Mapping[str, str], list[str]], Answer]] = {
    call.__name__.replace("_", "-"): call
    for call in (
        find_order,
        list_orders,
        change_address,
        cancel_order,
        send_label,
        send_invoice,
        check_code,
    )
}


# Over HTTP


@csrf_exempt
@require_POST
def shop_api(request: HttpRequest, call: str) -> JsonResponse:
    """Nowhere but in the demonstration, and to nobody but its bot."""
    if call not in CALLS or not ChatWidget.objects.filter(mail_inbox__address=DOOR).exists():
        raise Http404
    if not read_signature(request.headers.get("X-Helpdesk-Signature", ""), request.body, SECRET):
        return JsonResponse({"error": "bad_signature"}, status=403)
    try:
        return JsonResponse(answer(call, request.body, request.headers.get("Idempotency-Key", "")))
    except (ValueError, AttributeError, TypeError):  # no JSON, or not of the shape of a call
        return JsonResponse({"error": "bad_request"}, status=400)


def answer(call: str, body: bytes, key: str) -> Answer:
    """The same key again is the answer it got."""
    known = f"demo-shop:call:{key}"
    if key and (before := cache.get(known)):
        return dict(json.loads(before))
    asked = json.loads(body)
    found = CALLS[call](asked.get("inputs", {}), asked.get("customer", {}).get("proved", []))
    if key:
        cache.set(known, json.dumps(found), _KEPT_SECONDS)
    return found
