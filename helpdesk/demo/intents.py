"""What the shop's bot is taught: intents with sentences in two languages, and its products."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bots.actions.teaching import add_entity_type, add_intent, teach
from bots.models import EntityType
from helpdesk.demo.telling import CONTENT, read_content

_LANGUAGES = {"en": "en", "zh": "zh-hans"}


@dataclass(slots=True)
class _Told:
    slug: str
    names: dict[str, str]
    description: str = ""
    sentences: dict[str, list[str]] = field(default_factory=dict)


def write_intents() -> None:
    for told in _read_intents():
        intent = add_intent(
            actor=None, slug=told.slug, names=told.names, description=told.description
        )
        for language, lines in told.sentences.items():
            teach(intent, lines=lines, actor=None, language=language)
    _name_products()


def _name_products() -> None:
    products = read_content("lexicon")["products"]
    add_entity_type(
        actor=None,
        slug="product",
        names={"en": "Product", "zh-hans": "商品", "zh-hant": "商品"},
        kind=EntityType.Kind.LIST,
        entries=[
            {"value": one["key"], "words": list(dict.fromkeys(one["names"].values()))}
            for one in products
        ],
    )
    add_entity_type(
        actor=None,
        slug="order_number",
        names={"en": "Order number", "zh-hans": "订单号", "zh-hant": "訂單編號"},
        kind=EntityType.Kind.PATTERN,
        pattern=r"(?<![\w-])(?:PW[-–\s]?)?([23]\d{4})(?![\d-]|[.,]\d)",
        form="PW-{1}",
    )


def _read_intents() -> Iterator[_Told]:
    for part in (CONTENT / "intents.txt").read_text().split("\n\n")[1:]:
        head, *lines = part.strip().splitlines()
        slug, _equals, names = head.partition(" = ")
        told = _Told(
            slug,
            dict(zip(("en", "zh-hans", "zh-hant"), names.split(" | "), strict=True)),
        )
        for line in lines:
            prefix, _colon, rest = line.partition(": ")
            if prefix in _LANGUAGES:
                told.sentences[_LANGUAGES[prefix]] = rest.split(" | ")
            else:
                told.description = line
        yield told
