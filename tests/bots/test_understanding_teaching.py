"""Teaching, training, going live and going back."""

from datetime import timedelta

import pytest
from django.db import connection

from bots.actions.teaching import add_intent, forget_example, teach
from bots.actions.training import ask_if_due, ask_training, go_live, keep, learn
from bots.models import IntentExample, UnderstandingModel
from bots.queries.understanding import forget_model, understand
from core import clock
from core.errors import Invalid, NotAllowed
from core.models import Event, Reaction
from tests.bots.small_encoder import small_encoders  # noqa: F401
from tests.bots.test_understanding_learning import SENTENCES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_model():
    forget_model()
    yield
    forget_model()


@pytest.fixture
def intents(small_encoders):  # noqa: F811
    found = {}
    for slug, sentences in SENTENCES.items():
        found[slug] = add_intent(actor=None, slug=slug, names={"en": slug})
        teach(found[slug], lines=sentences.split("|"), actor=None)
    return found


def train_now(**found):
    model = ask_training(actor=None)
    keep(model.pk, learn(model.pk) | found)
    model.refresh_from_db()
    return model


def test_a_sentence_is_taught_once_and_means_one_thing(intents, supervisor):
    lesson = teach(
        intents["refund"],
        lines=["  Money   back, now ", "I want my money BACK", "Where is my parcel?", ""],
        actor=supervisor,
    )
    assert [one.text for one in lesson.added] == ["Money back, now"]
    assert lesson.known == 1
    assert [(said, other.slug) for said, other in lesson.elsewhere] == [
        ("Where is my parcel?", "track")
    ]


def test_languages_of_pasted_lines_are_found_out(intents):
    codes = set(intents["track"].examples.values_list("language", flat=True))
    assert codes == {"en", "zh-hans"}


def test_only_those_with_the_right_may_teach(intents, alice):
    with pytest.raises(NotAllowed):
        teach(intents["track"], lines=["where"], actor=alice)
    with pytest.raises(NotAllowed):
        ask_training(actor=alice)


def test_sentences_lie_sealed_and_a_customers_words_under_their_own_key(intents, carol):
    teach(
        intents["track"], lines=["my kaleidoscope parcel"], actor=None, customer=carol,
        source="conversation",
    )  # fmt: skip
    example = IntentExample.objects.get(customer=carol)
    assert example.data_key_owner() == ("customer", carol.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(encode(text, 'escape'), '') FROM bots_intentexample")
        assert "kaleidoscope" not in cursor.fetchone()[0]
    assert not Event.objects.filter(details__icontains="kaleidoscope").exists()


def test_a_training_goes_live_and_every_process_follows(intents):
    assert understand("where is my parcel").version == 0
    first = train_now()
    assert first.is_live
    found = understand("when does the delivery arrive")
    assert (found.intent, found.version) == ("track", first.number)


def test_asking_twice_makes_one_training_with_its_reaction(intents, supervisor):
    one, other = ask_training(actor=supervisor), ask_training(actor=supervisor)
    assert one.pk == other.pk
    assert Reaction.objects.filter(lane="bulk", event__subject_id=one.pk).count() == 1


@pytest.mark.slow
def test_a_clearly_worse_training_waits_for_somebody(intents, supervisor):
    first = train_now()
    worse = train_now(report={"ways": {"all": {"accuracy": 0.2}}})
    assert not worse.is_live
    assert UnderstandingModel.objects.get(is_live=True) == first
    go_live(worse, actor=supervisor)
    assert understand("where is my parcel").version == worse.number
    go_live(first, actor=supervisor)
    assert understand("where is my parcel").version == first.number


def test_a_version_of_other_encoders_is_not_used(intents, supervisor):
    model = train_now()
    UnderstandingModel.objects.filter(pk=model.pk).update(encoders={"usem3": "0"}, is_live=False)
    with pytest.raises(Invalid):
        go_live(model, actor=supervisor)


def test_unreviewed_sentences_and_intents_out_of_use_are_not_learned(intents):
    teach(intents["thanks"], lines=["a lot of it"], actor=None, is_reviewed=False)
    type(intents["refund"]).objects.filter(slug="refund").update(is_active=False)
    model = train_now()
    assert set(model.report["ways"]["all"]["intents"]) == {"track", "thanks"}
    assert model.report["examples"] == 14


def test_nothing_to_learn_is_told(small_encoders):  # noqa: F811
    model = train_now()
    assert (model.state, model.problem, model.is_live) == ("failed", "nothing_to_learn", False)


def test_once_a_month_if_there_is_something_new(intents):
    model = train_now()
    later = model.trained_at + timedelta(days=31)
    with clock.at(later):
        assert ask_if_due() is None
        teach(intents["thanks"], lines=["thank you kindly"], actor=None)
        asked = ask_if_due()
    assert asked is not None
    assert asked.state == "asked"


def test_intents_of_another_brand_are_never_meant(intents, inbox):
    train_now()
    intents["track"].brand = inbox.brand
    intents["track"].save()
    forget_model()
    assert understand("where is my parcel", brand=inbox.brand_id).intent == "track"
    other = understand("where is my parcel", brand=inbox.pk)
    assert "track" not in [slug for slug, _chance in other.candidates]


def test_a_forgotten_sentence_is_gone(intents, supervisor):
    example = intents["track"].examples.first()
    forget_example(example, actor=supervisor)
    assert not IntentExample.objects.filter(pk=example.pk).exists()
