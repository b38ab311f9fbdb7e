"""Chinese in one way of writing, so that what is written in either is found by the other."""

import re
from functools import cache
from importlib import import_module
from typing import Any

from core import languages

HAN = re.compile("[\u3400-\u9fff]")


@cache
def _converter() -> Any:
    # Its tables are read at first use: many processes never meet Chinese.
    return import_module("opencc").OpenCC("s2twp")


def simplify(text: str) -> str:
    return languages.simplify(text) if HAN.search(text) else text


def traditional(text: str) -> str:
    return str(_converter().convert(text)) if HAN.search(text) else text
