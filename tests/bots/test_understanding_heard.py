"""What customers said and nobody has labelled: learned from where few examples were taught."""

import numpy as np
import pytest

from bots.models import Dialogue, Turn
from bots.queries.heard import list_heard
from bots.understanding import training
from bots.understanding.classifier import Classifier
from bots.understanding.fitting import fit
from bots.understanding.training import Heard, train
from tests.bots.evaluation_world import robin  # noqa: F401
from tests.bots.small_encoder import small_encoders  # noqa: F401
from tests.bots.test_understanding_learning import NAMES, TAUGHT
from tests.conftest import write_in

MIDDLES, DIM = 8, 24  # where sentences of each intent lie


class World:
    def __init__(self, each):
        self._rng = np.random.default_rng(4)
        self._middles = self.anywhere(MIDDLES)
        self.labels = [f"{label}" for label in range(MIDDLES) for _ in range(each)]
        self.taught = self.draw(each)
        self.heard = self.draw(40)
        self.asked, self.meant = self.draw(60), np.repeat(np.arange(MIDDLES), 60)

    def anywhere(self, count):
        found = self._rng.normal(size=(count, DIM)).astype("f4")
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def draw(self, each):
        noise = self._rng.normal(0, 0.2, (MIDDLES * each, DIM))
        return (np.repeat(self._middles, each, axis=0) + noise).astype("f4")

    def learn(self, heard=None):
        return fit(["said"] * len(self.labels), self.labels, self.taught, heard=heard)

    def share_right(self, heard=None):
        found = self.learn(heard).classifier.chances([""] * len(self.asked), self.asked)
        return float((found.argmax(axis=1) == self.meant).mean())


@pytest.fixture(scope="module")
def world():
    return World(each=2)


@pytest.mark.slow
def test_sentences_without_labels_help_where_few_are_taught(world):
    assert world.share_right(world.heard) > world.share_right() + 0.02


@pytest.mark.slow
def test_what_belongs_to_no_intent_teaches_none(world):
    assert world.share_right(world.anywhere(300)) > world.share_right() - 0.02


@pytest.mark.slow
def test_what_was_heard_is_kept_as_arrays_and_the_same_each_time(world):
    one, other = world.learn(world.heard), world.learn(world.heard)
    assert one.kind == "vectors+nearest+turned+heard"
    again = Classifier.from_arrays(one.classifier.to_arrays())
    texts, asked = [""] * 9, world.asked[:9]
    chances = one.classifier.chances(texts, asked)
    assert np.array_equal(chances, other.classifier.chances(texts, asked))
    assert np.allclose(chances, again.chances(texts, asked), atol=0.01)


def test_many_examples_need_no_more():
    world = World(each=40)
    assert "heard" not in world.learn(world.heard).kind


@pytest.mark.slow
def test_a_way_hears_its_own_languages_and_only_enough_of_them(small_encoders, monkeypatch):  # noqa: F811
    monkeypatch.setattr(training, "FEWEST_HEARD", 3)
    english = [Heard(f"where is parcel number {at}", "en") for at in range(4)]
    chinese = [Heard(f"退款 {at}", "zh-hans") for at in range(2)]
    _engine, report = train(TAUGHT, NAMES, version=1, heard=[*english, english[0], *chinese])
    assert {way: found["heard"] for way, found in report["ways"].items()} == {"en": 4, "all": 0}


@pytest.mark.django_db
def test_what_bots_were_asked_is_heard_and_what_was_removed_is_not(robin, inbox):  # noqa: F811
    for number, text in enumerate(
        ["Where is my order?", "PW-1", "Redacted words here", "a " * 400]
    ):
        message = write_in(inbox, f"one{number}@mail.example", "Order", text)
        if text.startswith("Redacted"):
            message.redacted_at = message.at
            message.save()
        dialogue = Dialogue.objects.create(thread=message.thread, ticket=message.ticket, bot=robin)
        Turn.objects.create(dialogue=dialogue, message=message, model=1)
    assert list_heard() == [("Where is my order?", "en")]
