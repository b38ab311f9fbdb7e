"""Chinese in one way of writing, so that what is written in either is found by the other."""

import re

from core import languages

HAN = re.compile("[\u3400-\u9fff]")


def simplify(text: str) -> str:
    return languages.simplify(text) if HAN.search(text) else text


def traditional(text: str) -> str:
    return languages.traditional(text) if HAN.search(text) else text
