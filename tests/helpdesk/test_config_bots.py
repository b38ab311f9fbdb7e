"""Bots, their tools and flows, and what they were taught travel with the configuration."""

import pytest

from bots.actions import add_bot, publish_flow, save_draft, save_tool
from bots.actions.setup import change_bot, set_inboxes
from bots.actions.teaching import add_entity_type, add_intent, teach
from bots.models import Bot, EntityType, Flow, Intent, IntentExample
from connectors.models import Brand, Inbox
from core.fields import warm_keys
from helpdesk.config.errors import ConfigRefused
from helpdesk.config.files import read_folder, write_folder
from helpdesk.config.plan import apply, export, plan

pytestmark = pytest.mark.django_db
MINE = ("intents", "entity_types", "bots", "tools", "flows")
OUTLINE = "flow order_status\ntitle\n  en: Orders\nwhen order_status\nsay\n  en: On its way\n"


def exported():
    return {name: export().sections[name] for name in MINE}


@pytest.fixture
def taught(inbox, carol):
    intent = add_intent(actor=None, slug="order_status", names={"en": "Where is it"})
    lines = ["Where is my order?", "Has it been sent?"]
    teach(intent, lines=lines, actor=None, language="en")
    teach(intent, lines=["Wo ist mein Paket?"], actor=None, language="de")
    said = {"actor": None, "language": "en", "source": "conversation", "customer": carol}
    teach(intent, lines=["My lamp 4711 never came"], **said)
    add_entity_type(
        actor=None,
        slug="product",
        names={"en": "Product"},
        kind="list",
        entries=[{"value": "luna", "words": ["Luna", "月见台灯"]}],
    )
    bot = add_bot(inbox.brand, name="Pip", actor=None, languages=["en"])
    change_bot(bot, actor=None, tone="warm", facts={"hours": "9 to 18"}, mails={"*": "suggest"})
    set_inboxes(bot, [inbox], actor=None)
    given = {"url": "https://shop.example/find/", "inputs": {"order": "text"}, "secret": "hush-now"}
    save_tool(bot, name="find_order", actor=None, **given)
    publish_flow(save_draft(bot, OUTLINE, actor=None), actor=None)
    save_draft(bot, "flow later\n", actor=None)
    return bot


@pytest.mark.slow
def test_what_was_exported_comes_back_elsewhere(taught, inbox, tmp_path):
    """Into another brand: what was published is never deleted."""
    told = exported()
    assert told["intents"]["order_status"]["examples"] == {
        "de": ["Wo ist mein Paket?"],
        "en": ["Has it been sent?", "Where is my order?"],
    }
    assert plan(told) == []
    for model in (Intent, EntityType):
        model.objects.all().delete()
    taught.inboxes.clear()
    brand = Brand.objects.create(name="Elsewhere")
    Inbox.objects.filter(pk=inbox.pk).update(brand=brand)
    wanted = {name: renamed(rows) for name, rows in told.items()}
    write_folder(tmp_path, wanted)
    apply(read_folder(tmp_path, known=list(MINE)))
    here = exported()
    assert {name: {key: here[name][key] for key in wanted[name]} for name in MINE} == wanted
    assert {change.verb for change in plan(wanted)} == {"keep"}
    bot = Bot.objects.get(brand=brand)
    assert (bot.user.name, bot.tone, list(bot.inboxes.all())) == ("Pip", "warm", [inbox])
    assert bot.flows.get(slug="order_status").versions.get().outline == OUTLINE
    assert not bot.flows.get(slug="later").versions.exists()
    assert bot.tools.get().secret == ""


def renamed(rows):
    return {key.replace("Perchwood", "Elsewhere"): row for key, row in rows.items()}


def test_neither_secrets_nor_words_of_customers_leave(taught):
    text = str(exported())
    assert "hush-now" not in text and "lamp 4711" not in text


def test_a_changed_outline_is_a_new_version(taught):
    told = exported()["flows"]
    told["Perchwood/order_status"]["outline"] = OUTLINE.replace("On its way", "Soon")
    apply({"flows": told})
    numbers = Flow.objects.get(slug="order_status").versions.values_list("number", flat=True)
    assert sorted(numbers) == [1, 2]
    assert plan({"flows": told}) == []


def test_sentences_come_and_go_but_not_those_of_customers(taught):
    lines = ["Where is my order?", "where is my order", "Is it late?", "My lamp 4711 never came!"]
    wanted = {"intents": {"order_status": {"examples": {"en": lines}}}}
    apply(wanted)
    assert plan(wanted) == []
    left = list(IntentExample.objects.all())
    warm_keys(left)
    assert {one.text for one in left} == {
        "Where is my order?",
        "Is it late?",
        "My lamp 4711 never came",
    }


def test_what_no_file_names_is_switched_off_where_that_is_asked_for(taught):
    apply({name: {} for name in MINE}, prune=True)
    assert not Intent.objects.filter(is_active=True).exists()
    assert Bot.objects.get().is_paused and not Flow.objects.filter(is_on=True).exists()


@pytest.mark.parametrize(
    ("section", "key", "row", "said"),
    [
        ("intents", "No-Slug", {"names": {"en": "x"}}, "intents/No-Slug: Use small letters"),
        ("intents", "refund", {"names": {}}, "intents/refund: Give it a name"),
        ("intents", "refund", {"names": {"xx": "x"}}, "intents/refund: names: must be texts"),
        (
            "intents",
            "refund",
            {"names": {"en": "Money"}, "examples": {"en": ["where is my order"]}},
            "intents/refund: examples: 'where is my order' is an example of order_status already",
        ),
        ("entity_types", "size", {"names": {"en": "S"}, "kind": "list"}, "entity_types/size: Put"),
        ("bots", "Nobody", {"name": "N"}, "bots/Nobody: there is no brands 'Nobody'"),
        ("bots", "Perchwood", {"limits": {"*": {"*": {"sad": "answer"}}}}, "limits: must say"),
        ("bots", "Perchwood", {"mails": {"*": "always"}}, "bots/Perchwood: mails: must say"),
        ("tools", "Perchwood/x", {"url": "http://a.example/"}, "tools/Perchwood/x: Only https"),
        ("tools", "Perchwood/find_order", {"secret": "s"}, "unknown: secret"),
        (
            "flows",
            "Perchwood/order_status",
            {"outline": "flow order_status\nwhen nothing_known\nsay\n  en: x\n"},
            "flows/Perchwood/order_status: outline: Put right what is named below first.; line 1",
        ),
        (
            "flows",
            "Perchwood/order_status",
            {"is_published": False},
            "is_published: it was published",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(taught, section, key, row, said):
    with pytest.raises(ConfigRefused) as refusal:
        apply({section: {key: row}})
    assert said in refusal.value.reason
