"""What the shop's customers are asked, by kind of request, and answers they find by themselves."""

from customers.models import CustomField
from tickets.models import Macro, TicketType

_REASONS = [
    {"code": "broken", "name": "It arrived broken · 收到时已破损"},
    {"code": "wrong", "name": "It is not what I ordered · 不是我订的"},
    {"code": "unwanted", "name": "I changed my mind · 不想要了"},
]
_FIELDS = (
    ("order", "text", "Order number", "Which order is it about? · 是哪个订单？", True),
    ("reason", "choice", "Reason", "Why do you send it back? · 退货原因", False),
    ("bought", "date", "Bought on", "When did you buy it? · 购买日期", False),
)
_TYPES = (
    ("return", "Return", "Send something back · 退货或换货", ("order", "reason")),
    ("delivery", "Delivery", "Where is my parcel · 查询物流", ("order",)),
    ("repair", "Repair", "Something stopped working · 报修", ("order", "bought")),
    ("question", "Question", "Something else · 其他问题", ()),
)
_ANSWERS = (
    (
        "en",
        "Something arrived cracked or broken",
        "Send us a photo within 14 days of delivery and keep the pieces. You choose a new one or "
        "your money back; the way back costs you nothing.",
    ),
    (
        "en",
        "Where is my parcel?",
        "Parcels take two to four working days. The link in the dispatch mail shows where yours is "
        "now. If it has not moved for three days, write to us.",
    ),
    (
        "zh-hans",
        "收到的商品破损了怎么办",
        "请在签收后 14 天内发照片给我们，并保留破损的商品。您可以选择补发或退款，运费由我们承担。",
    ),
    (
        "zh-hans",
        "我的包裹到哪里了",
        "包裹通常需要 2–4 个工作日。发货邮件里的链接会显示当前位置；如果三天没有更新，请联系我们。",
    ),
)


def offer_forms() -> None:
    fields = {}
    for position, (code, kind, name, asked, is_required) in enumerate(_FIELDS):
        fields[code], _new = CustomField.objects.get_or_create(
            owner=CustomField.Owner.TICKET,
            code=code,
            defaults={
                "kind": kind,
                "name": name,
                "customer_name": asked,
                "options": _REASONS if kind == "choice" else [],
                "is_required": is_required,
                "is_for_customers": True,
                "position": position,
            },
        )
    for position, (code, name, asked, codes) in enumerate(_TYPES):
        offered, is_new = TicketType.objects.get_or_create(
            code=code, defaults={"name": name, "customer_name": asked, "position": position}
        )
        if is_new:
            offered.fields.set([fields[one] for one in codes])
    for language, title, text in _ANSWERS:
        Macro.objects.get_or_create(
            name=title, defaults={"body": text, "language": language, "is_public": True}
        )
