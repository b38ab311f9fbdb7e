"""Regular expressions that take time in proportion to the text, whatever somebody writes in them.

RE2 knows no back-references and no looking around, which is what makes others take for ever.
"""

from functools import lru_cache
from typing import Any

import re2

MOST_PATTERN = 300
MOST_TEXT = 20_000
# Of one compiled expression; a larger one is refused when the rule is kept.
_MOST_BYTES = 1 << 20


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Any:
    """Upper and lower case are the same. Raises ValueError with what is wrong with it."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MOST_BYTES
    try:
        return re2.compile(pattern, options=options)
    except re2.error as wrong:
        told = wrong.args[0] if wrong.args else ""
        raise ValueError(told.decode() if isinstance(told, bytes) else str(told)) from None


def is_found(pattern: str, text: str) -> bool:
    return compile_pattern(pattern).search(text[:MOST_TEXT]) is not None
