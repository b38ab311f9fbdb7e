"""An encoder that knows a few things by name, so that tests need none of a hundred megabytes."""

import hashlib

import numpy

CONCEPTS = (
    ("send it back", "return", "退货", "退貨", "not want it any more"),
    ("refund", "money", "退款"),
    ("flicker", "blink", "闪烁", "閃爍", "on and off"),
    ("password", "sign in", "密码"),
    ("invoice", "receipt", "发票"),
    ("gift wrap", "wrapping", "包装"),
    ("forklift", "warehouse job", "招聘"),
)


class ConceptEncoder:
    name, version, dim = "concepts", "1", 384

    def __init__(self, *, alike=2):
        self.alike = alike  # how much all texts are, as they are to the encoder that ships

    def encode_queries(self, texts):
        return numpy.stack([self._vector(text) for text in texts])

    encode_passages = encode_queries

    def _vector(self, text):
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
        vector = numpy.random.default_rng(seed).normal(0, 0.01, self.dim)
        vector[-1] = self.alike
        known = [
            place
            for place, words in enumerate(CONCEPTS)
            if any(word in text.lower() for word in words)
        ]
        vector[known or [100 + seed % 200]] += 1
        return (vector / numpy.linalg.norm(vector)).astype("float32")
