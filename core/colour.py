"""The colours of a brand, computed from the one an admin chose so that its words stay readable.

Contrast after WCAG 2.2, section 1.4.3: at least 4.5 for text.
"""

from dataclasses import dataclass

Rgb = tuple[float, float, float]
DEFAULT = "#2c5f4a"
TEXT = 4.5
_DARK_PAPER: Rgb = (0.075, 0.085, 0.1)
_WHITE: Rgb = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Palette:
    """Each as CSS ``light-dark(day, night)`` arguments."""

    accent: tuple[str, str]
    hover: tuple[str, str]
    ink: tuple[str, str]
    tint: tuple[str, str]
    tint_2: tuple[str, str]


def palette_of(colour: str) -> Palette:
    """From ``#rrggbb``; too light a colour is darkened until white stands out from it."""
    base = _read(colour or DEFAULT)
    accent = _mix_until(base, towards=(0.0, 0.0, 0.0), on=_WHITE)
    night_ink = _mix_until(base, towards=_WHITE, on=_DARK_PAPER)
    return Palette(
        accent=(_write(accent), _write(accent)),
        hover=(_write(_mix(accent, (0, 0, 0), 0.15)), _write(_mix(accent, (0, 0, 0), 0.12))),
        ink=(_write(_mix(accent, (0, 0, 0), 0.08)), _write(_mix(night_ink, _WHITE, 0.2))),
        tint=(_write(_mix(accent, _WHITE, 0.92)), _write(_mix(accent, _DARK_PAPER, 0.78))),
        tint_2=(_write(_mix(accent, _WHITE, 0.78)), _write(_mix(accent, _DARK_PAPER, 0.55))),
    )


def contrast(one: Rgb, other: Rgb) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix_until(colour: Rgb, *, towards: Rgb, on: Rgb) -> Rgb:
    for step in range(21):
        mixed = _mix(colour, towards, step / 20)
        if contrast(mixed, on) >= TEXT:
            return mixed
    return towards


def _mix(colour: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (a * (1 - share) + b * share for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _read(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _write(colour: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)
