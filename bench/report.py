"""Figures with what they are held against, as a table and as JSON."""

import os
import platform
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """What a figure must reach: a number, and where it comes from in a few words."""

    value: float
    origin: str


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    unit: str
    higher_is_better: bool = True
    ceiling: float | None = None
    share: float | None = None  # of the ceiling that is demanded; times it, where less is better
    limits: list[Limit] = field(default_factory=list)
    note: str = ""
    case: int = 0

    def of_case(self, number: int) -> "Figure":
        return replace(self, case=number)

    @property
    def ratio(self) -> float | None:
        return self.value / self.ceiling if self.ceiling else None

    @property
    def demands(self) -> list[Limit]:
        if self.ceiling is None or self.share is None:
            return self.limits
        return [*self.limits, Limit(self.ceiling * self.share, f"{self.share:g} of the ceiling")]

    def reaches(self, limit: Limit) -> bool:
        return self.value >= limit.value if self.higher_is_better else self.value <= limit.value

    @property
    def is_met(self) -> bool | None:
        """None where nothing is demanded."""
        return all(map(self.reaches, self.demands)) if self.demands else None

    @property
    def shortfall(self) -> str:
        short = [limit for limit in self.demands if not self.reaches(limit)]
        sign = "≥" if self.higher_is_better else "≤"
        wanted = ", ".join(f"{sign} {number(limit.value)} ({limit.origin})" for limit in short)
        return f"{number(self.value)} {self.unit}, wanted {wanted}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio, "met": self.is_met}


def number(value: float) -> str:
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table_of(figures: list[Figure]) -> str:
    head = ("case", "measured", "figure", "ceiling", "ratio", "goal", "met?")
    lines = [head, *map(_line, figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    drawn = [
        "  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True))
        for line in lines
    ]
    return "\n".join(line.rstrip() for line in [drawn[0], "-" * len(drawn[0]), *drawn[1:]])


def _line(figure: Figure) -> tuple[str, ...]:
    sign = "≥" if figure.higher_is_better else "≤"
    goal = "; ".join(f"{sign} {number(limit.value)} {limit.origin}" for limit in figure.demands)
    met = {True: "met", False: "missed", None: ""}[figure.is_met]
    return (
        str(figure.case),
        f"{figure.name}{f' [{figure.note}]' if figure.note else ''}",
        f"{number(figure.value)} {figure.unit}",
        number(figure.ceiling) if figure.ceiling else "",
        f"{figure.ratio:.2f}" if figure.ratio else "",
        goal,
        met,
    )


def describe_machine() -> str:
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    return f"{os.cpu_count()} cores, load {load}, Python {platform.python_version()}"
