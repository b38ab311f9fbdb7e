"""What everybody was mailed and has answered, beside what the database says of it."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from faults.survey_found import Found, Told
from faults.verdicts import SHOWN, Verdict

# Up to here an answer is a low one.
LOW = {"csat": 2, "ces": 3}
ASKED = ("offered", "answered", "expired")
# A mail that had been handed over when somebody objected may still arrive.
HANDED_OVER = 15.0


def judge_surveys(found: Found, told: Told, *, cap: int, early: int) -> dict[str, Any]:
    mails = told.mails()
    verdicts = [
        judge_mails(found, mails),
        judge_repeats(told),
        judge_forgotten(found, mails),
        judge_reasons(found, told, cap),
        judge_cap(found, told, cap),
        judge_consent(found, told, early),
        judge_reminders(found, mails),
        judge_answers(found, told),
        judge_ratings(found, told),
        judge_counted(found),
        judge_recovery(found),
        judge_inspected(found, told),
        judge_rubric(found),
        judge_ends(found),
        Verdict("nothing right was refused", told.staff.refusals),
        Verdict("no reaction failed for good", [str(row) for row in found.rows["failed"]]),
        judge_volume(found, told),
    ]
    return {
        "passed": all(verdict.holds for verdict in verdicts),
        "counts": count_all(found, told, mails),
        "steps": dict(sorted(told.staff.steps.items())),
        "blows": [{"kind": b.kind, "kills": b.kills, "skipped": b.skipped} for b in told.blows],
        "verdicts": {verdict.name: verdict.as_json() for verdict in verdicts},
    }


def name_of(found: Found, row: dict[str, Any]) -> str:
    ticket = found.tickets.get(row["ticket_id"], {"number": "?"})
    return f"#{ticket['number']} solution {row['cycle']}"


# Who was asked


def judge_mails(found: Found, mails: dict[UUID, Counter[UUID]]) -> Verdict:
    """One mail for each invitation and one reminder, whatever number of times it was tried."""
    against = []
    for pk, ids in mails.items():
        if pk not in found.invitations:
            against.append(f"{pk}: nobody knows of this invitation")
        if strange := len(ids.keys() - {pk, uuid5(pk, "reminder")}):
            against.append(f"{pk}: {strange} mails of another Message-ID")
    count = sum(pk in ids for pk, ids in mails.items())
    return Verdict("one mail for each invitation", against, f"{count} mails")


def judge_repeats(told: Told) -> Verdict:
    arrived = Counter(one.mail for one in told.sink.asked)
    repeats = sum(count - 1 for count in arrived.values())
    senders = sum(blow.senders for blow in told.blows)
    against = [f"{repeats} repeats after {senders} blows"] if repeats > senders else []
    return Verdict("repeats within the blows", against, f"{repeats} repeats, {senders} allowed")


def judge_forgotten(found: Found, mails: dict[UUID, Counter[UUID]]) -> Verdict:
    """Each solution has its row, each row its end, and who counts as asked was asked."""
    rows = {(row["ticket_id"], row["cycle"]): row for row in found.invitations.values()}
    against = [
        f"#{found.tickets[ticket]['number']} solution {cycle}: neither asked nor a reason"
        for ticket, cycle in found.solutions
        if (ticket, cycle) not in rows
    ]
    for row in found.invitations.values():
        if row["state"] in ("waiting", "sending"):
            against.append(f"{name_of(found, row)}: still {row['state']}")
        if row["state"] in ASKED and row["channel"] == "mail" and row["id"] not in mails[row["id"]]:
            against.append(f"{name_of(found, row)}: asked, but no mail came")
    said = f"{len(found.solutions)} solutions, {len(rows)} rows"
    return Verdict("none forgotten", against, said)


def judge_reasons(found: Found, told: Told, cap: int) -> Verdict:
    """Whoever was not asked has a reason that is true."""
    lately = Counter(row["customer_id"] for row in found.invitations.values() if row["offered_at"])
    tickets = {UUID(case.ticket): case for case in told.staff.cases if case.ticket}
    against = []
    for row in found.invitations.values():
        case = tickets.get(row["ticket_id"])
        solution = found.solutions.get((row["ticket_id"], row["cycle"]))
        is_true = {
            "": row["state"] != "not",
            "cap": lately[row["customer_id"]] >= cap,
            "consent": bool(case and case.address in told.denied),
            "address": bool(case and case.door == "chat"),
            "reopened": bool(solution and solution.is_over),
        }.get(row["why"], False)
        if not is_true:
            against.append(f"{name_of(found, row)}: {row['state']} {row['why'] or 'for no reason'}")
    whys = Counter(row["why"] for row in found.invitations.values() if row["why"])
    return Verdict("the reasons are true", against, said_of(whys))


def judge_cap(found: Found, told: Told, cap: int) -> Verdict:
    rows = Counter(row["customer_id"] for row in found.invitations.values() if row["offered_at"])
    firsts = {(one.to, one.invitation) for one in told.sink.asked if one.is_first}
    mails = Counter(to for to, _invitation in firsts)
    shown: Counter[int] = Counter()
    for case in told.staff.cases:
        if case.visitor:
            shown[case.visitor.number] += case.is_asked
    against = [
        f"{who}: asked {count} times"
        for counter in (rows, mails, shown)
        for who, count in counter.items()
        if count > cap
    ]
    said = f"at most {cap}; {sum(count == cap for count in rows.values())} people reached it"
    return Verdict("the cap is never exceeded", against, said)


def judge_consent(found: Found, told: Told, early: int) -> Verdict:
    """Nobody is mailed after they have objected."""
    moments = {
        to: datetime.fromisoformat(at).timestamp() if at else 0.0 for to, at in told.denied.items()
    }
    against = [
        f"{one.to}: a mail {one.at - moments[one.to]:.0f} s after they objected"
        for one in told.sink.asked
        if one.to in moments and one.at > moments[one.to] + HANDED_OVER
    ]
    tickets = {UUID(case.ticket): case.address for case in told.staff.cases if case.ticket}
    for row in found.invitations.values():
        to = tickets.get(row["ticket_id"], "")
        at = row["offered_at"].timestamp() if row["offered_at"] else 0.0
        if to in moments and row["state"] in ASKED and at > moments[to]:
            against.append(f"{name_of(found, row)}: asked after they objected")
    why = Counter(row["why"] for row in found.invitations.values())["consent"]
    said = f"{early} objected before, {len(told.denied) - early} meanwhile; {why} not asked"
    return Verdict("nobody who objected is asked", against, said)


def judge_reminders(found: Found, mails: dict[UUID, Counter[UUID]]) -> Verdict:
    """What is noted has come. What came before its sender was killed is left at that where they
    have answered since, or the request was taken up again."""
    against = []
    for row in found.invitations.values():
        came = uuid5(row["id"], "reminder") in mails.get(row["id"], {})
        solution = found.solutions.get((row["ticket_id"], row["cycle"]))
        is_past = row["state"] != "offered" or not solution or solution.is_over
        if row["reminded_at"] and not came:
            against.append(f"{name_of(found, row)}: noted, but no reminder came")
        if came and not row["reminded_at"] and not is_past:
            against.append(f"{name_of(found, row)}: reminded, but not noted")
    count = sum(bool(row["reminded_at"]) for row in found.invitations.values())
    return Verdict("reminders are noted", against, f"{count} reminders")


# What they answered


def judge_answers(found: Found, told: Told) -> Verdict:
    """By link: each that was taken is noted, and nothing that nobody gave."""
    given: dict[UUID, list[Any]] = defaultdict(list)
    for one in told.respondents.given:
        given[UUID(one.invitation)].append(one)
    against = []
    for pk, row in found.invitations.items():
        if row["channel"] != "chat":
            noted = Counter(score for _name, score in found.scores.get(pk, []))
            against += compare(name_of(found, row), noted, *weigh(given[pk]))
        for one in given[pk]:
            is_closed = one.status == 410 and row["state"] == "not"
            if one.status != 200 and not is_closed:
                against.append(f"{name_of(found, row)}: answered with {one.status}")
    taken = sum(one.status == 200 for one in told.respondents.given)
    return Verdict("no answer is lost", against, f"{taken} taken, {told.respondents.habits}")


def weigh(given: list[Any]) -> tuple[Counter[int], Counter[int]]:
    """How often each score was taken for certain, and tried."""
    taken: Counter[int] = Counter()
    tried: Counter[int] = Counter()
    for one in given:
        taken[one.score] += one.status == 200
        tried[one.score] += one.tries
    return taken, tried


def compare(name: str, noted: Counter[int], taken: Counter[int], tried: Counter[int]) -> list[str]:
    lost = [f"{name}: {score} was taken and is lost" for score in taken - noted]
    return lost + [f"{name}: nobody gave {score}" for score in noted - tried]


def judge_ratings(found: Found, told: Told) -> Verdict:
    """At the end of chats."""
    noted: dict[UUID, Counter[int]] = defaultdict(Counter)
    for pk, row in found.invitations.items():
        if row["channel"] == "chat":
            noted[row["ticket_id"]].update(score for _name, score in found.scores.get(pk, []))
    against = []
    for ticket in noted.keys() | {UUID(one.ticket) for one in told.staff.ratings}:
        taken: Counter[int] = Counter()
        tried: Counter[int] = Counter()
        for one in told.staff.ratings:
            if UUID(one.ticket) == ticket:
                taken[one.score] += one.is_taken
                tried[one.score] += one.tries
        against += compare(f"chat of {ticket}", noted[ticket], taken, tried)
    return Verdict("no rating is lost", against, f"{len(told.staff.ratings)} ratings")


def judge_counted(found: Found) -> Verdict:
    """One answer for each invitation, noted as a first one once, and with the newest score."""
    answers = {row["invitation_id"]: row for row in found.rows["answers"]}
    against = []
    for pk in answers.keys() | found.scores.keys():
        names = [name for name, _score in found.scores.get(pk, [])]
        row = found.invitations.get(pk)
        if names.count("survey.answered") != 1 or pk not in answers or row is None:
            against.append(f"{pk}: {names}, {'an' if pk in answers else 'no'} answer")
        elif answers[pk]["score"] != found.scores[pk][-1][1] or row["state"] != "answered":
            against.append(f"{pk}: the last one does not count")
    changes = sum(len(one) - 1 for one in found.scores.values() if one)
    return Verdict("none is counted twice", against, f"{len(answers)} answers, {changes} changes")


def judge_recovery(found: Found) -> Verdict:
    tasks = Counter(row["answer_id"] for row in found.rows["tasks"])
    told = Counter(
        UUID(event["details"]["task"])
        for event in found.events
        if event["name"] == "recovery.opened"
    )
    against = [
        f"task {row['id']}: opened {told[row['id']]} times"
        for row in found.rows["tasks"]
        if told[row["id"]] != 1
    ]
    low = 0
    for row in found.rows["answers"]:
        limit = LOW[found.invitations[row["invitation_id"]]["metric"]]
        was_low = any(score <= limit for _name, score in found.scores.get(row["invitation_id"], []))
        is_low = row["score"] <= limit
        low += is_low
        if (is_low and tasks[row["id"]] != 1) or (tasks[row["id"]] and not was_low):
            against.append(f"answer {row['id']}: {row['score']}, {tasks[row['id']]} tasks")
    return Verdict(
        "each low score has one task", against, f"{low} low, {sum(tasks.values())} tasks"
    )


# Inspections


def judge_inspected(found: Found, told: Told) -> Verdict:
    rows = Counter((row["ticket_id"], row["cycle"]) for row in found.rows["inspections"])
    against = [
        f"#{found.tickets[ticket]['number']} solution {cycle}: {rows[ticket, cycle]} inspections"
        for ticket, cycle in found.solutions
        if rows[ticket, cycle] != 1
    ]
    against += [f"{key}: was never solved" for key in rows.keys() - found.solutions.keys()]
    if told.inspected_late:
        against.append(f"{told.inspected_late} were found by the sweep alone")
    bots = sum(row["is_bot"] for row in found.rows["inspections"])
    said = f"{len(found.rows['inspections'])} inspections, {bots} of bots"
    return Verdict("each solution is inspected once", against, said)


def judge_rubric(found: Found) -> Verdict:
    """By the one that was in use."""
    against = []
    published = {row["number"]: row["published_at"] for row in found.rows["rubrics"]}
    for row in found.rows["inspections"]:
        following = published.get(row["rubric"] + 1)
        is_early = row["made_at"] < published[row["rubric"]]
        if is_early or (following and row["resolved_at"] > following):
            against.append(f"{name_of(found, row)}: by rubric {row['rubric']}")
    said = said_of(Counter(f"rubric {row['rubric']}" for row in found.rows["inspections"]))
    return Verdict("by the rubric in use", against, said)


def judge_ends(found: Found) -> Verdict:
    """Each inspection is of the last end of its solution."""
    against = []
    for row in found.rows["inspections"]:
        solution = found.solutions.get((row["ticket_id"], row["cycle"]))
        ticket = found.tickets[row["ticket_id"]]
        if solution is None:
            continue
        last = solution.ends[-1] if solution.is_over else ticket["resolved_at"]
        if abs((row["resolved_at"] - last).total_seconds()) > (1 if solution.is_over else 0):
            seconds = (row["resolved_at"] - last).total_seconds()
            against.append(f"{name_of(found, row)}: {seconds:.1f} s from its end")
    return Verdict("each of its own end", against)


# Together


def judge_volume(found: Found, told: Told) -> Verdict:
    kills = sum(blow.kills for blow in told.blows)
    answers = len(found.rows["answers"])
    least = len(told.staff.cases) * 0.8
    is_one = kills >= 3 and len(found.solutions) >= least and answers >= least / 8
    said = f"{kills} kills, {len(found.solutions)} solutions, {answers} answers"
    return Verdict("volume", [] if is_one else ["this run proves little"], said)


def count_all(found: Found, told: Told, mails: dict[UUID, Counter[UUID]]) -> dict[str, Any]:
    again = sum(solution.cycle > 0 for solution in found.solutions.values())
    return {
        "kills": sum(blow.kills for blow in told.blows),
        "solutions": len(found.solutions),
        "again": again,
        "doors": Counter(case.door for case in told.staff.cases),
        "states": Counter(row["state"] for row in found.invitations.values()),
        "whys": Counter(row["why"] for row in found.invitations.values() if row["why"]),
        "mails": sum(len(ids) for ids in mails.values()),
        "answers": len(found.rows["answers"]),
        "tasks": len(found.rows["tasks"]),
        "inspections": len(found.rows["inspections"]),
    }


def said_of(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def print_surveys(report: dict[str, Any]) -> None:
    counts = report["counts"]
    struck = Counter(blow["kind"] for blow in report["blows"] if not blow["skipped"])
    print(f"\n{report['cases']} requests ({said_of(Counter(counts['doors']))})")
    print(
        f"{counts['solutions']} solutions, {counts['again']} of them again · "
        f"{said_of(Counter(counts['states']))} · not asked: {said_of(Counter(counts['whys']))}\n"
        f"{counts['mails']} mails · {counts['answers']} answers · {counts['tasks']} tasks · "
        f"{counts['inspections']} inspections\n{report['steps']}\n{dict(struck)}\n"
    )
    width = max(len(name) for name in report["verdicts"])
    for name, verdict in report["verdicts"].items():
        print(f"{'holds' if verdict['holds'] else 'FAILS'}  {name:{width}}  {verdict['said']}")
        for line in verdict["against"][:SHOWN]:
            print(f"       {line}")
        if len(verdict["against"]) > SHOWN:
            print(f"       … and {len(verdict['against']) - SHOWN} more")
