"""What must hold of the chat at the end, and how long clients were not whole."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from faults.blows import Blow
from faults.lines import Break, Said
from faults.verdicts import Verdict

RESUME_P99 = 1.0
# Held lines that break singly. After the others everybody comes back at once, and it is the
# machine's speed that is measured.
CUTS = ("drop chat",)
# While Valkey is away a socket's beat, each 15 s, says what signals should have said.
LATEST_WITHOUT_SIGNALS = 20.0
HEALED_AFTER, HEALED_P99 = 5.0, 2.0
AFTERMATH = 5.0
NEVER = math.inf


def judge_chat(
    found: dict[str, Any],
    chats: list[dict[str, Any]],
    tickets: dict[str, dict[str, Any]],
    blows: list[Blow],
) -> dict[str, Any]:
    said = [Said(**words) for words in found["said"]]
    breaks = [Break(**one) for one in found["breaks"]]
    counts = compare(found["visitors"], chats, said)
    resumes = measure_resumes(breaks, blows)
    lags = measure_lags(said, blows)
    verdicts = [
        Verdict("chat: lost", counts["lost"]),
        Verdict("chat: duplicated", counts["duplicated"]),
        Verdict("chat: foreign", counts["foreign"]),
        Verdict(
            "chat: every visitor's sequence is the database's",
            counts["different"],
            f"{len(found['visitors'])} visitors",
        ),
        Verdict("chat: words stay in their order", counts["disordered"]),
        judge_agents(found["agents"], tickets),
        Verdict("chat: nothing right was refused", found["refusals"]),
        Verdict(
            "chat: everybody came back",
            [b.client for b in unhealed(breaks)],
            f"{len(breaks)} lines broken",
        ),
        *judge_resumes(resumes),
        *judge_lags(lags),
    ]
    kinds = Counter(words.kind for words in said)
    acknowledged = Counter(words.kind for words in said if words.acknowledged)
    return {
        "passed": all(verdict.holds for verdict in verdicts),
        "visitors": len(found["visitors"]),
        "agents": len(found["agents"]),
        "polling": sum(visitor["is_blocked"] for visitor in found["visitors"]),
        "counts": {name: len(counts[name]) for name in ("lost", "duplicated", "foreign")},
        "said": {
            kind: {"attempted": count, "acknowledged": acknowledged[kind]}
            for kind, count in sorted(kinds.items())
        },
        "repeats": sum(max(words.tries - 1, 0) for words in said),
        "rows": sum(len(chat["rows"]) for chat in chats),
        "traffic": found["counts"],
        "resumes": {kind: sum_up(group) for kind, group in resumes.items()},
        "blows": [{k: v for k, v in asdict(blow).items() if k != "ports"} for blow in blows],
        "lags": lags,
        "verdicts": {verdict.name: verdict.as_json() for verdict in verdicts},
    }


# What everybody has, and what there is


def compare(
    visitors: list[dict[str, Any]], chats: list[dict[str, Any]], said: list[Said]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    by_chat = {chat["chat"]: chat for chat in chats}
    tokens = Counter(token_of(row[2]) for chat in chats for row in chat["rows"])
    found["lost"] += [
        f"{w.token} ({w.kind})"
        for w in said
        if w.acknowledged and w.kind != "whisper" and not tokens[w.token]
    ]
    found["duplicated"] += [f"{token}: {n} times" for token, n in tokens.items() if token and n > 1]
    for visitor in visitors:
        compare_visitor(visitor, by_chat.get(visitor["chat"], {"rows": []})["rows"], found)
    known = {visitor["chat"] for visitor in visitors}
    found["duplicated"] += [f"chat {pk} is nobody's" for pk in by_chat.keys() - known]
    return found


def compare_visitor(
    visitor: dict[str, Any], there: list[list[Any]], found: dict[str, list[str]]
) -> None:
    """``there``: seq, id and words of each row the database has."""
    name, canary = visitor["name"], visitor["canary"]
    held = sorted((row["seq"], row["id"], row["text"]) for row in visitor["rows"])
    lines = {row["id"] for row in visitor["rows"] if row["from"] == "system"}
    ours = [(seq, pk, "" if pk in lines else text) for seq, pk, text in held]
    theirs = [(seq, pk, text) for seq, pk, text in there]
    if ours != theirs:
        found["different"].append(f"{name}: {len(ours)} rows, the database has {len(theirs)}")
    ids = {pk for _, pk, _ in theirs}
    found["lost"] += [f"{name} has not {pk}" for pk in sorted(ids - {pk for _, pk, _ in ours})]
    for _, pk, text in ours:
        if pk not in ids or (text and canary not in text) or "between us" in text:
            found["foreign"].append(f"{name} was shown {text[:60]!r}")
    tokens = Counter(token_of(text) for _, _, text in ours if text)
    found["duplicated"] += [f"{name} has {token} {n} times" for token, n in tokens.items() if n > 1]
    own = [token for token in map(token_of, [text for *_, text in theirs]) if token[:1] == "v"]
    if own != sorted(own):
        found["disordered"].append(f"{name}: {own}")


def token_of(text: str) -> str:
    return text.rpartition(" ")[2]


def judge_agents(agents: list[dict[str, Any]], tickets: dict[str, dict[str, Any]]) -> Verdict:
    wrong, count = [], 0
    for agent in agents:
        for thread in agent["threads"]:
            count += 1
            there = tickets[thread["ticket"]]
            if thread["events"] != list(range(1, there["head"] + 1)):
                wrong.append(f"{agent['name']}: events of {thread['ticket']}")
            if sorted(thread["messages"]) != sorted(there["messages"]):
                wrong.append(f"{agent['name']}: messages of {thread['ticket']}")
    return Verdict("chat: every agent's tickets are the database's", wrong, f"{count} tickets")


# How long it took


def unhealed(breaks: Iterable[Break]) -> list[Break]:
    return [b for b in breaks if not (b.is_again or (b.live and b.read))]


def measure_resumes(breaks: list[Break], blows: list[Blow]) -> dict[str, list[dict[str, Any]]]:
    """By kind of blow, each break it caused: how long until it was noticed, and from then (or from
    when the network was back, if that was later) until the client had everything again."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    taken: set[int] = set()
    for blow, following in zip(blows, [*blows[1:], None], strict=True):
        end = min(blow.ended + AFTERMATH, following.began if following else NEVER)
        for one in breaks:
            if id(one) not in taken and caused(blow, one, end):
                taken.add(id(one))
                found[blow.kind].append(measure(blow, one))
    rest = [one for one in breaks if id(one) not in taken]
    if rest:
        found["no blow"] = [measure(None, one) for one in rest]
    return found


def caused(blow: Blow, one: Break, end: float) -> bool:
    if blow.ports:
        # A port is soon somebody else's; only a silent line is noticed late.
        latest = blow.ended + (60 if one.why == "silent" else 2)
        return one.port in blow.ports and blow.began <= one.at <= latest
    return blow.began <= one.at <= end and one.why == "closed"


def measure(blow: Blow | None, one: Break) -> dict[str, Any]:
    is_single = blow is None or bool(blow.ports)
    struck = one.at if blow is None else blow.began
    # A single line's network is back at once; it is the client that must find out.
    back = one.at if blow is None or is_single else blow.ended
    whole = max(one.live, one.read) if one.live and one.read else NEVER
    return {
        "client": one.client,
        "line": one.kind,
        "noticed": max(one.at - (struck if blow is None else blow.ended), 0.0),
        "resume": max(whole - back, 0.0),
        "read": max(one.read - back, 0.0) if one.read else NEVER,
        "is_again": one.is_again,
    }


def quantile(values: Sequence[float], share: float) -> float:
    """The nearest rank: of a hundred the 99th is the last but one."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * share) - 1, 0)] if ordered else 0.0


def sum_up(group: list[dict[str, Any]]) -> dict[str, Any]:
    single = [one for one in group if not one["is_again"]]
    resumes = [one["resume"] for one in single]
    return {
        "broken": len(group),
        "again": len(group) - len(single),
        "noticed_max": round(max((one["noticed"] for one in single), default=0.0), 2),
        "read_p99": round(quantile([one["read"] for one in single], 0.99), 3),
        "p50": round(quantile(resumes, 0.5), 3),
        "p99": round(quantile(resumes, 0.99), 3),
        "max": round(max(resumes, default=0.0), 3),
    }


def judge_resumes(resumes: dict[str, list[dict[str, Any]]]) -> list[Verdict]:
    verdicts = []
    for kind, group in sorted(resumes.items()):
        if kind.startswith(CUTS):
            p99 = sum_up(group)["p99"]
            slow = [f"p99 {p99:.2f} s"] if p99 > RESUME_P99 else []
            verdicts.append(
                Verdict(f"resume after {kind}", slow, f"p99 {p99:.2f} s", is_timed=True)
            )
    return verdicts


def measure_lags(said: list[Said], blows: list[Blow]) -> dict[str, dict[str, Any]]:
    """From the acknowledgement of words to their being on the other side's screen, in seconds."""
    seen = [w for w in said if w.acknowledged and w.kind != "whisper"]
    # Before the first blow many still wait for somebody who takes them.
    calm = blows[0].began if blows else NEVER
    found = {"all the time": sum_up_lags([w for w in seen if w.begun >= calm])}
    for blow, following in zip(blows, [*blows[1:], None], strict=True):
        if blow.kind.startswith("down") and not blow.skipped:
            during = [w for w in seen if blow.began <= w.acknowledged <= blow.ended]
            # What the next blow keeps back says nothing of this one.
            until = min(blow.ended + 30, following.began - 2 if following else NEVER)
            after = [w for w in seen if blow.ended + HEALED_AFTER < w.acknowledged < until]
            found["without Valkey"] = sum_up_lags(during)
            found["healed"] = sum_up_lags(after)
    return found


def sum_up_lags(words: list[Said]) -> dict[str, Any]:
    lags = [max(w.seen - w.acknowledged, 0.0) if w.seen else NEVER for w in words]
    return {
        "words": len(lags),
        "p50": round(quantile(lags, 0.5), 3),
        "p99": round(quantile(lags, 0.99), 3),
        "max": round(max(lags, default=0.0), 3),
    }


def judge_lags(lags: dict[str, dict[str, Any]]) -> list[Verdict]:
    verdicts = []
    if without := lags.get("without Valkey"):
        late = [f"{without['max']} s"] if without["max"] > LATEST_WITHOUT_SIGNALS else []
        late += [] if without["words"] else ["nothing was said meanwhile"]
        verdicts.append(
            Verdict("seen without Valkey", late, f"at most {without['max']} s", is_timed=True)
        )
    if (healed := lags.get("healed")) and healed["words"]:
        slow = [f"p99 {healed['p99']} s"] if healed["p99"] > HEALED_P99 else []
        verdicts.append(
            Verdict("healed after Valkey", slow, f"p99 {healed['p99']} s", is_timed=True)
        )
    return verdicts
