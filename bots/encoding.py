"""The encoder for short sentences, which takes a millisecond each."""

from core.encoders import Encoder, EncoderUnavailable, sentence_encoder
from knowledge.encoding import find_encoder


def find_sentence_encoder() -> Encoder | None:
    """None where meaning is not looked at, or nothing can be encoded."""
    if find_encoder() is None:
        return None
    try:
        encoder = sentence_encoder()
        encoder.encode_queries(["."])
    except (EncoderUnavailable, ImportError):
        return None
    return encoder
