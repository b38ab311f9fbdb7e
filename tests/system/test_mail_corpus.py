"""A hundred real-world mails through the whole system: none lost, none twice."""

from collections import Counter
from email import message_from_bytes, policy

import pytest

from connectors.mail.limits import MAX_RAW_BYTES
from helpdesk.services import BASE_DIR
from tests.system.deployment import Deployment, Received, Sink, demand, until

pytestmark = pytest.mark.slow

CORPUS = BASE_DIR.parent / "shared" / "data" / "mail" / "mikel-mail"


@pytest.fixture(scope="module")
def corpus() -> dict[str, bytes]:
    demand(CORPUS.is_dir(), "The corpus of real mails (shared/data/mail/mikel-mail) is not here.")
    return {path.stem: path.read_bytes() for path in sorted(CORPUS.glob("*.eml"))}


@pytest.fixture(scope="module")
def answers(running: Deployment, corpus: dict[str, bytes]) -> dict[str, tuple[int, str]]:
    """What the listener said to each of the mails, by its name."""
    said = {name: running.send_mail(raw) for name, raw in corpus.items()}
    until(lambda: all_read(running), "all mails read", seconds=180, pause=0.1)
    running.wait_idle()
    return said


@pytest.fixture(scope="module")
def rows(running: Deployment, answers: dict[str, tuple[int, str]]) -> dict[str, dict]:
    """What `manage.py deliveries` says of them, by id."""
    return running.deliveries()


def all_read(running: Deployment) -> bool:
    return not running.count("connectors_rawdelivery", "state = 'received'")


def delivery_of(answer: tuple[int, str]) -> str:
    assert answer[0] == 250, answer
    return answer[1].rpartition(" ")[2]


def test_every_mail_is_a_message_in_quarantine_or_refused_with_a_reply(
    running: Deployment, answers: dict[str, tuple[int, str]], rows: dict[str, dict]
) -> None:
    assert len(answers) == 103
    log, ends = running.log("mail"), Counter()
    for name, answer in answers.items():
        if answer[0] != 250:
            assert 500 <= answer[0] < 600, (name, answer)
            assert f"{answer[0]} {answer[1]}" in log, (name, answer)
            ends["refused at the door"] += 1
            continue
        row = rows[delivery_of(answer)]
        assert f"accepted {row['id']}" in log, name
        assert row["state"] in ("applied", "quarantined"), (name, row)
        ends[row["state"]] += 1
        if row["state"] == "applied":
            assert row["ticket"], name
            assert row["message"], name
        else:
            assert row["reason"], name
            ends[f"  {row['reason']}"] += 1
    print("\n" + "\n".join(f"{count:4} {end}" for end, count in ends.items()))
    assert ends["applied"] >= 80


def test_what_was_applied_can_be_read(
    running: Deployment, answers: dict[str, tuple[int, str]], rows: dict[str, dict]
) -> None:
    api = running.api()
    ids = {delivery_of(answer) for answer in answers.values()}
    applied = [rows[one] for one in ids if rows[one]["state"] == "applied"]

    for row in applied:
        said = api.get(f"/tickets/{row['ticket']}/messages/")["results"]
        assert [m["direction"] for m in said if m["id"] == row["message"]] == ["in"]


def test_the_whole_corpus_sent_again_adds_nothing(
    running: Deployment, corpus: dict[str, bytes], answers: dict[str, tuple[int, str]]
) -> None:
    before = running.mail_rows()

    again = {name: running.send_mail(raw) for name, raw in corpus.items()}

    assert again == answers
    running.wait_idle()
    assert running.mail_rows() == before


def test_each_mail_has_a_message_of_its_own(
    corpus: dict[str, bytes], answers: dict[str, tuple[int, str]], rows: dict[str, dict]
) -> None:
    """Two files may be the same mail: same id, same words."""
    by_message: dict[str, set[str]] = {}
    for name, answer in answers.items():
        if message := rows[delivery_of(answer)]["message"]:
            by_message.setdefault(message, set()).add(name)

    for names in by_message.values():
        ids = {
            message_from_bytes(corpus[name], policy=policy.compat32)["Message-ID"] for name in names
        }
        assert len(names) == 1 or (len(ids) == 1 and None not in ids), names


def test_what_is_refused_at_the_door_is_told_and_stays_in_the_log(running: Deployment) -> None:
    size = MAX_RAW_BYTES // 1024 // 1024
    large = b"Subject: Photos\r\n\r\n" + (b"x" * 998 + b"\r\n") * (MAX_RAW_BYTES // 1000 + 1)

    refusals = [
        running.send_mail(b"Subject: Hello\r\n\r\nHello", to="nobody@demo.test"),
        running.send_mail(large),
    ]

    assert refusals == [
        (550, "5.1.1 There is no such mailbox here"),
        (552, f"5.3.4 This mail is larger than {size} MB"),
    ]
    until(lambda: "refused a recipient that is no inbox: 550" in running.log("mail"), "the log")
    inbox = running.inboxes["support@demo.test"]
    line = f"refused a mail for inbox {inbox}: 552 5.3.4 This mail is larger than {size} MB"
    until(lambda: line in running.log("mail"), "the log")


def test_a_reply_to_the_answer_lands_in_the_same_ticket(
    running: Deployment,
    sink: Sink,
    answers: dict[str, tuple[int, str]],
    rows: dict[str, dict],
) -> None:
    row = rows[delivery_of(answers["plain_emails__basic_email"])]
    words = "The answer to a mail of the corpus."

    sent = running.api().post(f"/tickets/{row['ticket']}/replies/", {"body": words})

    assert sent.status == 201, sent
    mail = sink.wait_for(words)
    token = str(mail.mail["Reply-To"].addresses[0].addr_spec)
    assert reply_to(running, mail, address=token) == row["ticket"]
    # The mail program of the customer may drop the address and keep the references.
    assert reply_to(running, mail, address="support@demo.test") == row["ticket"]


def reply_to(running: Deployment, mail: Received, *, address: str) -> str:
    """The ticket in which the customer's answer to our mail ends."""
    raw = (
        f"From: {mail.recipients[0]}\nTo: {address}\nSubject: {mail.mail['Subject']}\n"
        f"Message-ID: <answer.{address[:9]}.{len(address)}@corpus.example>\n"
        f"In-Reply-To: {mail.mail['Message-ID']}\nReferences: {mail.mail['Message-ID']}\n\n"
        f"Thank you, written to {address[:9]} with {len(address)} characters.\n"
    )
    delivery = delivery_of(running.send_mail(raw.encode(), to=address, sender=mail.recipients[0]))
    until(lambda: all_read(running), "the answer read")
    found = running.query(f"SELECT ticket_id FROM connectors_rawdelivery WHERE id = '{delivery}'")
    return str(found[0][0])
