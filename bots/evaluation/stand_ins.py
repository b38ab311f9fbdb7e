"""A conversation told again without who it was: the same person, order or address is the same
stand-in throughout, written as the real one was, so that a bot still knows what it is."""

import re
from collections.abc import Iterable
from typing import Any

from bots.masking import replace_personal

_PEOPLE = (("Robin", "Field"), ("Sam", "Carter"), ("Alex", "Brook"), ("Kim", "Marsh"))
_PEOPLE_ZH = ("张三", "李四", "王五", "赵六")
_SAYING = re.compile(r"(?i)\A(.*?\b(?:name is|called|this is|name:)\s+|[:：是 ]*)(.+)\Z", re.DOTALL)
_DAY = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")
# Holds the place of a stand-in until all is found, so that no pattern finds what we have put there.
_FIRST_MARK, _MARKS = 0xE000, 0x1900


class StandIns:
    """For one conversation."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = [name for name in names if name.strip()]
        self._numbers: dict[tuple[str, str], int] = {}
        for name in self.names:
            self._learn_name(name)

    def _learn_name(self, name: str) -> None:
        """First and last name alone are those of the whole."""
        number = self._number("name", name)
        for at, part in enumerate(name.split()):
            self._numbers.setdefault((f"name{min(at, 1)}", part.casefold()), number)

    def tell(self, text: str) -> str:
        put: list[str] = []

        def replace(kind: str, found: str) -> str:
            if len(put) >= _MARKS or any(_FIRST_MARK <= ord(sign) < 0xF8FF for sign in found):
                return found if len(put) < _MARKS else ""
            put.append(self._stand_in(kind, found))
            return chr(_FIRST_MARK + len(put) - 1)

        clean = "".join(sign for sign in text if not 0xE000 <= ord(sign) <= 0xF8FF)
        told = replace_personal(clean, names=self.names, by=replace)
        for at, words in enumerate(put):
            told = told.replace(chr(_FIRST_MARK + at), words)
        return told

    def tell_all(self, value: Any) -> Any:
        """Within what a tool answered."""
        if isinstance(value, str):
            return value if _DAY.fullmatch(value) else self.tell(value)
        if isinstance(value, dict):
            return {key: self.tell_all(one) for key, one in value.items()}
        return [self.tell_all(one) for one in value] if isinstance(value, list) else value

    def _stand_in(self, kind: str, found: str) -> str:
        match kind:
            case "link":
                return f"https://example.org/{self._number(kind, found)}"
            case "email":
                return f"customer{self._number(kind, found.casefold())}@example.org"
            case "street":
                number = self._number(kind, found.casefold())
                return f"{number} Sample Street" if found.isascii() else f"样例路{number}号"
            case "name":
                return self._name(found)
        if kind == "phone" and _DAY.fullmatch(found):
            return "2026-01-15"
        return self._alike(found, keeps_letters=kind == "code")

    def _alike(self, found: str, *, keeps_letters: bool) -> str:
        """PW-20734, pw20734 and 20734 are one order."""
        digits = re.sub(r"\D", "", found)
        number = self._number("digits", digits)
        others = iter(("9" * len(digits) + str(number))[-len(digits) :] if digits else "")
        prefix = re.match(r"[A-Za-z]{0,5}", found)
        kept = prefix.end() if prefix and keeps_letters else 0
        signs = []
        for at, sign in enumerate(found):
            if sign.isdigit():
                signs.append(next(others, "9"))
            else:
                signs.append("Z" if sign.isalpha() and at >= kept else sign)
        return "".join(signs)

    def _name(self, found: str) -> str:
        said = _SAYING.match(found)
        before, name = (said[1], said[2]) if said else ("", found)
        if name.casefold() not in self._known_parts():
            self._learn_name(name)
            self.names.append(name)  # from here on it is known wherever it stands
        return before + self._called(name)

    def _known_parts(self) -> set[str]:
        return {name for kind, name in self._numbers if kind.startswith("name")}

    def _called(self, name: str) -> str:
        key = name.casefold()
        for place in (0, 1):
            number = self._numbers.get((f"name{place}", key))
            if number is not None and " " not in name and name.isascii():
                return _PEOPLE[(number - 1) % len(_PEOPLE)][place]
        number = self._number("name", key)
        if not name.isascii():
            return _PEOPLE_ZH[(number - 1) % len(_PEOPLE_ZH)]
        return " ".join(_PEOPLE[(number - 1) % len(_PEOPLE)])

    def _number(self, kind: str, found: str) -> int:
        """The same for the same."""
        key = kind, found.casefold()
        if key not in self._numbers:
            of_kind = [one for known, one in self._numbers.items() if known[0] == kind]
            self._numbers[key] = max(of_kind, default=0) + 1
        return self._numbers[key]
