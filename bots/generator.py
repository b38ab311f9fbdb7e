"""A language model behind OpenAI's ``/v1/chat/completions``, where one is set up.

Nothing depends on it: whoever asks has an answer of their own for when it is slow, away or wrong.
What it says is never trusted; see ``bots.support``.
"""

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

_PATH = "/chat/completions"
_CONNECT_SECONDS, _READ_SECONDS = 2.0, 12.0
_MOST_BYTES = 200_000


class GeneratorUnavailable(Exception):
    """It is not set up, or did not answer as the protocol says. Carries a code, never a text."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that a model is told, so that it can be written down before it leaves."""

    system: str
    user: str
    most_tokens: int = 500


def is_set_up() -> bool:
    return bool(settings.GENERATOR_URL)


def name_of_model() -> str:
    return str(settings.GENERATOR_MODEL)[:80]


def host_of_model() -> str:
    """Where what is asked goes to, for people to read."""
    return urlsplit(settings.GENERATOR_URL).netloc.rpartition("@")[2]


def complete(system: str, user: str, *, most_tokens: int = 500) -> str:
    """What the model says. Raises ``GeneratorUnavailable``."""
    if not is_set_up():
        raise GeneratorUnavailable("off")
    asked = {
        "model": settings.GENERATOR_MODEL,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
        "temperature": 0,
        "max_tokens": most_tokens,
        "response_format": {"type": "json_object"},
    }
    return _read_answer(_post(asked))


def _post(asked: dict[str, Any]) -> Any:
    key = settings.GENERATOR_KEY
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with requests.post(
            _address(),
            json=asked,
            headers=headers,
            timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.status_code != requests.codes.ok:
                raise GeneratorUnavailable(f"status_{response.status_code}")
            return json.loads(_read_all(response))
    except requests.Timeout:
        raise GeneratorUnavailable("timeout") from None
    except (requests.RequestException, OSError):
        raise GeneratorUnavailable("unreachable") from None
    except ValueError:
        raise GeneratorUnavailable("no_json") from None


def _read_all(response: requests.Response) -> bytes:
    """The time-out of a connection counts from byte to byte; here it is for the whole."""
    ends, content = time.monotonic() + _READ_SECONDS, b""
    for chunk in response.iter_content(16_384):
        content += chunk
        if len(content) > _MOST_BYTES:
            raise GeneratorUnavailable("too_long")
        if time.monotonic() > ends:
            raise GeneratorUnavailable("timeout")
    return content


def _address() -> str:
    """The base of the interface, or the whole address."""
    given = settings.GENERATOR_URL.rstrip("/")
    return given if given.endswith(_PATH) else given + _PATH


def _read_answer(answer: Any) -> str:
    try:
        [choice, *_] = answer["choices"]
        content = choice["message"]["content"]
    except (KeyError, TypeError, ValueError):
        raise GeneratorUnavailable("other_shape") from None
    if not isinstance(content, str) or choice.get("finish_reason") == "length":
        raise GeneratorUnavailable("incomplete")
    return content
