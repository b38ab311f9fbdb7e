"""English is the source; both Chinese catalogues say all of it, and the pages show them."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po
from django.utils.translation import gettext, override, pgettext, trans_real
from django.utils.translation.template import templatize

import bootstrap
from connectors.templatetags.reasons import reason_in_words
from core.templatetags.moments import city_of
from customers.actions import PURPOSES, TIERS
from tickets.actions.setup import STATUSES

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("zh_Hans", "zh_Hant")
OURS = (
    "accounts",
    "automation",
    "bots",
    "connectors",
    "core",
    "customers",
    "helpdesk",
    "knowledge",
    "livechat",
    "quality",
    "surveys",
    "tickets",
)
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")
REFUSALS = {
    "Unreadable",
    "Quarantined",
    "RefusedHeader",
    "PermanentSendError",
    "TemporarySendError",
}
# The same word in every language.
NAMES = {"API", "VIP", "Webhook", "English"}  # a language names itself where one is chosen


@pytest.fixture(autouse=True, scope="module")
def compiled_catalogues() -> None:
    bootstrap.compile_catalogues()
    # Languages that were used before they were compiled are remembered without their words.
    trans_real._translations.clear()


@cache
def catalogue(locale: str) -> Catalog:
    with (ROOT / "locale" / locale / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def messages_of(locale: str) -> list:
    return [message for message in catalogue(locale) if message.id]


def texts(value: str | tuple | list) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_is_translated(locale):
    messages = messages_of(locale)
    missing = [m.id for m in messages if not all(texts(m.string)) or not texts(m.string)]

    assert len(messages) > 400
    assert missing == []
    assert [m.id for m in messages if m.fuzzy] == []
    assert catalogue(locale).num_plurals == 1
    assert dict(catalogue(locale).obsolete) == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_translations_keep_the_placeholders(locale):
    def holes(text: str) -> Counter:
        return Counter(PLACEHOLDER.findall(text))

    wrong = [
        (m.id, text)
        for m in messages_of(locale)
        for text in texts(m.string)
        if holes(text) != holes(texts(m.id)[-1])
    ]
    assert wrong == []


def test_both_catalogues_say_the_same():
    simplified, traditional = ({(m.context, m.id) for m in messages_of(x)} for x in LOCALES)
    assert simplified == traditional


def test_the_catalogues_hold_what_the_program_says_and_nothing_else():
    said = set(extracted())
    known = {(m.context, texts(m.id)[0]) for m in messages_of("zh_Hans")}

    assert said - known == set(), "run `manage.py makemessages` and translate"
    assert known - said == set(), "no longer said"


def extracted() -> Iterator[tuple[str | None, str]]:
    for app in OURS:
        for path in (ROOT / app).rglob("*.py"):
            yield from sentences_in(path.read_text())
    for path in (*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.js")):
        source = templatize(path.read_text(), origin=str(path))
        # What stood before it in the template is no indentation of Python.
        yield from sentences_in("\n".join(line.lstrip() for line in source.splitlines()))


def sentences_in(source: str) -> Iterator[tuple[str | None, str]]:
    found = extract("python", BytesIO(source.encode()), keywords=KEYWORDS)
    for _line, message, _comments, context in found:
        yield context, texts(message)[0]


def test_names_we_ship_are_shown_in_the_language_of_the_reader():
    with override("zh-hans"):
        shown = [
            *(gettext(name) for names in STATUSES.values() for name in names),
            *(pgettext("tier", tier["name"]) for tier in TIERS.values()),
            *(pgettext("purpose", name) for name, *_rest in PURPOSES.values()),
        ]
    assert [name for name in shown if name.isascii()] == ["VIP"]


def test_names_of_admins_stay_as_they_are():
    with override("zh-hans"):
        assert pgettext("tier", "Platinum") == "Platinum"


def test_reasons_for_quarantine_and_failure_are_translated():
    with override("zh-hant"):
        untranslated = [reason for reason in reasons() if reason_in_words(reason).isascii()]
        assert untranslated == []
        assert "550" in reason_in_words("The receiving server answered 550: No such mailbox")
        assert reason_in_words("What another program wrote.") == "What another program wrote."


def reasons() -> list[str]:
    found = []
    for app in ("connectors", "tickets"):
        for path in (ROOT / app).rglob("*.py"):
            tree = ast.parse(path.read_text())
            found += [text for node in ast.walk(tree) if (text := refusal_in(node))]
    sender = ast.parse((ROOT / "connectors/mail/sender.py").read_text())
    found += [
        node.value
        for node in ast.walk(sender)
        if isinstance(node, ast.Constant) and re.fullmatch(r"The [^;\n]+\.", str(node.value))
    ]
    assert len(found) > 20
    return found


def refusal_in(node: ast.AST) -> str:
    """The sentence of a refusal, with a number wherever it is filled in."""
    if not isinstance(node, ast.Call) or not node.args:
        return ""
    if not isinstance(node.func, ast.Name) or node.func.id not in REFUSALS:
        return ""
    sentence = node.args[0]
    if not isinstance(sentence, ast.JoinedStr | ast.Constant):
        return ""
    parts = sentence.values if isinstance(sentence, ast.JoinedStr) else [sentence]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)


def test_cities_are_named_in_the_language_of_the_reader():
    assert city_of("Asia/Shanghai", "zh-hans") == "上海"
    assert city_of("Europe/London", "zh-hant") == "倫敦"
    assert city_of("America/New_York", "en") == "New York"
    assert city_of("Asia/Chongqing", "zh-hans") == "Chongqing", "not Shanghai, whose time it has"


class Shown(HTMLParser):
    """What people see or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.is_hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_hidden = tag in {"script", "style"}
        told = ("aria-label", "title", "placeholder", "alt", "data-label")
        self.words += [value for name, value in attrs if name in told and value]

    def handle_endtag(self, tag: str) -> None:
        self.is_hidden = False

    def handle_data(self, data: str) -> None:
        if not self.is_hidden:
            self.words.append(data)


def english_in(html: str) -> list[str]:
    english = {text for m in messages_of("zh_Hans") for text in texts(m.id)} - NAMES
    shown = Shown()
    shown.feed(html)
    # "Close (Esc)": the key in brackets is the same in every language.
    words = [re.sub(r"\s+", " ", re.sub(r" \([^)]+\)$", "", word)) for word in shown.words]
    return [word for word in words if word.strip(" ,·") in english]


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", ["登录", "密码", "通行密钥"]), ("zh-hant", ["登入", "密碼", "通行密鑰"])],
)
def test_the_sign_in_page_speaks_chinese(client, db, language, words):
    page = client.get("/accounts/login/", HTTP_ACCEPT_LANGUAGE=language).content.decode()

    assert [word for word in words if word not in page] == []
    assert english_in(page) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ["未分配", "回复", "内部备注", "负责人", "新建", "优先级"]),
        ("zh-hant", ["未指派", "回覆", "內部備註", "負責人", "新進", "優先順序"]),
    ],
)
def test_the_inbox_speaks_chinese(sign_in, alice, ticket, language, words):
    client = sign_in(alice)
    pages = [
        client.get(address, HTTP_ACCEPT_LANGUAGE=language).content.decode()
        for address in ("/tickets/?view=all", f"/tickets/{ticket.pk}/")
    ]

    assert [word for word in words if word not in "".join(pages)] == []
    assert [english_in(page) for page in pages] == [[], []]


@pytest.mark.parametrize(
    "address",
    ["/search/?q=x", "/customers/", "/tickets/new/", "/preferences/", "/deliveries/", "/outbox/"],
)
def test_the_other_pages_speak_chinese(sign_in, admin, ticket, address):
    page = sign_in(admin).get(address, HTTP_ACCEPT_LANGUAGE="zh-hans")

    assert page.status_code == 200
    assert english_in(page.content.decode()) == []


def test_the_profile_of_a_customer_speaks_chinese(sign_in, admin, carol):
    page = sign_in(admin).get(f"/customers/{carol.pk}/", HTTP_ACCEPT_LANGUAGE="zh-hant")
    html = page.content.decode()

    assert "新客戶" in html
    assert "優惠與消息" in html
    assert english_in(html) == []
