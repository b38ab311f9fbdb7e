"""Settings › Bots › Understanding."""

import pytest

from bots.actions.training import keep, learn
from bots.models import EntityType, Intent, UnderstandingModel
from bots.queries.understanding import forget_model
from tests.bots.small_encoder import small_encoders  # noqa: F401
from tests.bots.test_understanding_learning import SENTENCES

pytestmark = pytest.mark.django_db
HOME = "/bots/understanding/"


@pytest.fixture(autouse=True)
def fresh_model(small_encoders):  # noqa: F811
    forget_model()
    yield
    forget_model()


@pytest.fixture
def client(sign_in, supervisor):
    return sign_in(supervisor)


def make(client, slug, **given):
    client.post(f"{HOME}new/", {"slug": slug, "name_en": slug, "is_active": "on", **given})
    return Intent.objects.get(slug=slug)


def test_from_the_first_intent_to_a_live_version(client):
    assert "Bots know no intent yet" in client.get(HOME).content.decode()
    for slug, sentences in SENTENCES.items():
        intent = make(client, slug)
        lines = "\n".join(sentences.split("|"))
        client.post(f"{HOME}intents/{intent.pk}/teach/", {"lines": lines})
    assert "Nothing was learned yet" in client.get(HOME).content.decode()
    client.post(f"{HOME}train/")
    model = UnderstandingModel.objects.get()
    assert "is being trained" in client.get(HOME).content.decode()
    keep(model.pk, learn(model.pk))
    page = client.get(HOME).content.decode()
    assert "being trained" not in page
    assert "100 %" in page
    tried = client.post(f"{HOME}try/", {"sentence": "where is parcel PW-20418"}).content.decode()
    assert "track" in tried
    assert "PW-20418" in tried
    assert "English" in tried
    assert "In use" in client.get(f"{HOME}versions/").content.decode()
    report = client.get(f"{HOME}versions/{model.pk}/").content.decode()
    assert "refund" in report


def test_what_cannot_be_taught_is_told_on_the_page(client):
    one, other = make(client, "one"), make(client, "two")
    client.post(f"{HOME}intents/{one.pk}/teach/", {"lines": "same words"})
    page = client.post(f"{HOME}intents/{other.pk}/teach/", {"lines": "Same words\nnew words"})
    assert "mean something else already" in page.content.decode()
    assert other.examples.count() == 1
    refused = client.post(f"{HOME}new/", {"slug": "Not a code", "name_en": "x"})
    assert refused.status_code == 400
    assert "small letters" in refused.content.decode()


@pytest.mark.slow
def test_a_version_is_taken_back(client):
    for slug, sentences in SENTENCES.items():
        lines = sentences.replace("|", "\n")
        client.post(f"{HOME}intents/{make(client, slug).pk}/teach/", {"lines": lines})
    for _time in range(2):
        client.post(f"{HOME}train/")
        waiting = UnderstandingModel.objects.get(state="asked")
        keep(waiting.pk, learn(waiting.pk))
    first, second = UnderstandingModel.objects.order_by("number")
    assert second.is_live
    client.post(f"{HOME}versions/{first.pk}/use/")
    first.refresh_from_db()
    assert first.is_live


def test_kinds_of_entities_are_found_as_soon_as_they_are_kept(client):
    given = {"slug": "product", "name_en": "Product", "kind": "list", "is_active": "on"}
    client.post(f"{HOME}kinds/new/", {**given, "lines": "luna = Luna table lamp, 月见台灯\n\narc"})
    kind = EntityType.objects.get()
    assert kind.entries == [
        {"value": "luna", "words": ["Luna table lamp", "月见台灯"]},
        {"value": "arc", "words": ["arc"]},
    ]
    forget_model()
    tried = client.post(f"{HOME}try/", {"sentence": "my luna lamp"}).content.decode()
    assert "Product: luna" in tried


@pytest.mark.parametrize("pattern", ["(", "", "a*", r"(\d+)+x", "(a+){9}"])
def test_patterns_that_are_none_or_never_end_are_refused(client, pattern):
    given = {"slug": "x1", "name_en": "X", "kind": "pattern", "pattern": pattern}
    assert client.post(f"{HOME}kinds/new/", given).status_code == 400
    assert not EntityType.objects.exists()


def test_agents_have_no_such_page(sign_in, alice):
    assert sign_in(alice).get(HOME).status_code == 403
