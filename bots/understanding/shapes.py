"""What is understood of one message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entity:
    kind: str
    value: str  # in one spelling: 2026-11-22, "129.00 GBP", PW-20418
    text: str  # as it was said
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mood:
    mood: float  # -1 very unhappy … 1 very happy
    urgency: float  # 0 … 1
    abuse: float  # 0 … 1: insults, threats, attempts at fraud


@dataclass(frozen=True, slots=True)
class Understanding:
    language: str
    intent: str  # slug; "" = none of those we know
    confidence: float  # calibrated: of a hundred with 0.8, eighty are right
    candidates: tuple[tuple[str, float], ...]
    in_scope: float  # below 0.5 it is like nothing that was taught
    entities: tuple[Entity, ...]
    mood: float
    urgency: float
    abuse: float
    version: int  # of the model; 0 when nothing was taught yet
    milliseconds: float
    # Of a message of several sentences each that means something: words, intent, confidence.
    parts: tuple[tuple[str, str, float], ...] = ()
