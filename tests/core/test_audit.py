"""Whoever alters the history is found, at the right place."""

import shutil
import threading

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import audit
from core.models import AuditSeal, Event
from core.owner import owner_login
from tickets import actions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def history(ticket, alice, seal):
    """A sealed history of some events, and a checkpoint."""
    actions.add_note(ticket, actor=alice, body="Looks like the dimmer.")
    actions.move_to_status(ticket, actor=alice, status="open")
    actions.assign(ticket, actor=alice, assignee=alice)
    assert seal() == Event.objects.count()
    return ticket


def as_owner(statement, *values):
    with owner_login(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def verify():
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit")
    return ended.value.code, list(audit.verify())


def test_an_untouched_history_is_intact(history, capsys):
    call_command("verify_audit")
    assert "intact" in capsys.readouterr().out


def nth(number):
    return AuditSeal.objects.get(seq=number)


def test_an_edit_is_named(history):
    victim = nth(4).event_id
    as_owner("UPDATE core_event SET name = 'ticket.closed' WHERE id = %s", victim)
    code, findings = verify()
    assert code == audit.CONTENT
    assert "seal 4" in findings[0].place and str(victim) in findings[0].place


@pytest.mark.parametrize("column, value", [
    ("actor_id", "00000000-0000-0000-0000-000000000001"), ("at", "2020-01-01"),
    ("details", "{}"), ("via", "mail"), ("subject_kind", "x"), ("xid", "3"),
])  # fmt: skip
def test_every_column_is_bound(history, column, value):
    victim = Event.objects.filter(name="message.noted").get().pk
    as_owner(f"UPDATE core_event SET {column} = %s WHERE id = %s", value, victim)
    code, findings = verify()
    assert code == audit.CONTENT
    assert str(victim) in findings[0].place


def test_a_deletion_is_named(history):
    victim = nth(3).event_id
    as_owner("DELETE FROM core_reaction")
    as_owner("DELETE FROM core_event WHERE id = %s", victim)
    code, findings = verify()
    assert code == audit.GAP
    assert "seal 3" in findings[0].place


def test_a_deletion_with_its_seal_is_named(history):
    victim = nth(3).event_id
    as_owner("DELETE FROM core_reaction")
    as_owner("DELETE FROM core_event WHERE id = %s", victim)
    as_owner("DELETE FROM core_auditseal WHERE seq = 3")
    code, findings = verify()
    assert code == audit.GAP
    assert "seal 3" in findings[0].place


def test_an_insertion_is_named_even_if_our_sealer_seals_it(history, seal):
    as_owner(
        "INSERT INTO core_event (id, name, at, actor_kind, subject_kind, subject_id, via, details,"
        " mac) SELECT gen_random_uuid(), 'ticket.opened', now(), 'system', subject_kind,"
        " subject_id, '', '{}', mac FROM core_event LIMIT 1"
    )
    code, findings = verify()
    assert code == audit.CONTENT
    assert "not written by this application" in findings[0].what
    seal()
    assert verify()[0] == audit.CONTENT


def test_a_swap_is_named(history):
    one, two = nth(2).event_id, nth(5).event_id
    as_owner("UPDATE core_auditseal SET event_id = gen_random_uuid() WHERE seq = 2")
    as_owner("UPDATE core_auditseal SET event_id = %s WHERE seq = 5", one)
    as_owner("UPDATE core_auditseal SET event_id = %s WHERE seq = 2", two)
    code, findings = verify()
    assert code == audit.CONTENT
    assert "seal 2" in findings[0].place


def test_a_cut_of_the_tail_is_named_by_the_checkpoint(history):
    head = AuditSeal.objects.count()
    as_owner("DELETE FROM core_reaction")
    cut = [row.event_id for row in AuditSeal.objects.filter(seq__gt=head - 2)]
    as_owner("DELETE FROM core_auditseal WHERE seq > %s", head - 2)
    as_owner("DELETE FROM core_event WHERE id = ANY(%s)", cut)
    code, findings = verify()
    assert code == audit.TRUNCATED
    assert findings[0].place == f"seal {head - 1}"


def test_a_chain_made_anew_differs_from_the_checkpoint(history, seal):
    as_owner("DELETE FROM core_auditseal")
    as_owner("UPDATE core_event SET via = 'x' WHERE name = 'message.noted'")
    seal()
    assert verify()[0] in (audit.CONTENT, audit.TRUNCATED)


def test_a_cut_checkpoint_file_is_found_against_a_copy(history, alice, seal, settings, tmp_path):
    copy = tmp_path / "copied-away.jsonl"
    shutil.copy(settings.CHECKPOINT_FILE, copy)
    as_owner("DELETE FROM core_reaction")
    as_owner("DELETE FROM core_auditseal WHERE seq > 2")
    settings.CHECKPOINT_FILE.unlink()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", "--checkpoints", str(copy))
    assert ended.value.code == audit.TRUNCATED


def test_two_sealers_at_once_write_their_checkpoints_one_after_the_other(
    settings, tmp_path, monkeypatch
):
    settings.CHECKPOINT_FILE = tmp_path / "checkpoints.jsonl"
    sign = audit._sign

    def write(seq):
        audit._write_checkpoint(AuditSeal(seq=seq, chain=b"chain"), force=True)

    later = threading.Thread(target=write, args=(2,))

    def sign_while_another_comes(point):
        if point.seq == 1:
            later.start()
            later.join(0.3)
        return sign(point)

    monkeypatch.setattr(audit, "_sign", sign_while_another_comes)
    write(1)
    later.join()

    assert [point.seq for point in audit.read_checkpoints(settings.CHECKPOINT_FILE)] == [1, 2]


def test_a_checkpoint_that_is_not_ours_is_named(history, settings):
    text = settings.CHECKPOINT_FILE.read_text()
    settings.CHECKPOINT_FILE.write_text(text.replace('"seq": ', '"seq": 1'))
    assert verify()[0] == audit.SIGNATURE


def test_each_event_is_looked_up_among_the_seals(history) -> None:
    """Also where the planner takes them for few: joined, a large import took minutes."""
    with CaptureQueriesContext(connection) as asked:
        audit.seal()
    sql = next(one["sql"] for one in asked if "core_auditseal s" in one["sql"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "SubPlan" in plan and "core_auditseal_event_id_key" in plan
    assert "Join" not in plan
