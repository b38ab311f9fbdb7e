"""The shop's help centre: its own texts, most in two languages, some only for agents."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from accounts.models import User
from connectors.models import Brand
from core import clock
from customers.models import Tier
from helpdesk.demo.telling import CONTENT
from knowledge import actions
from knowledge.models import Article, Category

_SHELVES = {
    "delivery": {"en": "Delivery", "zh-hans": "配送", "zh-hant": "配送"},
    "returns": {"en": "Returns and damage", "zh-hans": "退货与破损", "zh-hant": "退貨與破損"},
    "refunds": {"en": "Refunds", "zh-hans": "退款", "zh-hant": "退款"},
    "payment": {"en": "Payment and invoices", "zh-hans": "付款与发票", "zh-hant": "付款與發票"},
    "account": {"en": "Your account", "zh-hans": "您的账户", "zh-hant": "您的帳戶"},
    "warranty": {"en": "Warranty and repairs", "zh-hans": "保修与维修", "zh-hant": "保固與維修"},
    "loyalty": {"en": "Membership", "zh-hans": "会员", "zh-hant": "會員"},
    "inside": {"en": "For agents", "zh-hans": "客服内部", "zh-hant": "客服內部"},
}


@dataclass(frozen=True, slots=True)
class _Told:
    """One file: facts, then a text per language."""

    facts: dict[str, str]
    texts: dict[str, tuple[str, str]]  # language → title and body


def write_articles(brand: Brand, *, author: User, reviewer: User) -> None:
    shelves = {
        key: actions.add_category(actor=reviewer, names=names, brand=brand)
        for key, names in _SHELVES.items()
    }
    for told in _read_all():
        _write(told, shelves[told.facts["category"]], author, reviewer)


def _write(told: _Told, shelf: Category, author: User, reviewer: User) -> None:
    article: Article | None = None
    for language, (title, body) in told.texts.items():
        if article is None:
            version = actions.add_article(
                shelf,
                actor=author,
                language=language,
                title=title,
                body=body,
                audience=told.facts.get("audience", "public"),
                tiers=Tier.objects.filter(code__in=told.facts.get("tiers", "").split()),
            )
            article = version.article
        else:
            version = actions.write_version(
                article, actor=author, language=language, title=title, body=body
            )
        actions.take_step(version, step="submit", actor=author)
        if "review" in told.facts:
            continue
        # Long past by now: the shop opened months ago.
        ends = clock.now() + timedelta(days=60) if "expired" in told.facts else None
        actions.take_step(version, step="publish", actor=reviewer, expire_at=ends)


def _read_all() -> Iterator[_Told]:
    for path in sorted((CONTENT / "articles").glob("*.md")):
        head, *parts = path.read_text().split("\n=== ")
        pairs = (line.partition(": ") for line in head.splitlines())
        texts = {}
        for part in parts:
            language, _line_end, text = part.partition("\n")
            title, _line_end, body = text.strip().partition("\n")
            texts[language] = (title.removeprefix("# "), body.strip())
        yield _Told({name: value for name, _colon, value in pairs}, texts)
