"""Before a new version: one table, and an exit code that says whether to go ahead."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import migrations, models

from core import clock
from core.models import DataKey, Reaction
from helpdesk import upgrade
from tickets import actions

pytestmark = pytest.mark.django_db


def check(*options):
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("upgrade", "--check", *options, stdout=out)
    return out.getvalue(), end.value.code


def states():
    said, code = check("--json")
    found = json.loads(said)
    assert found["code"] == code
    return {(one["subject"], one["state"]): one["text"] for one in found["findings"]}


def test_a_healthy_house_may_go_ahead(ticket, react, settings):
    react()
    settings.DATA_DIR.mkdir(exist_ok=True, parents=True)
    found = states()
    assert found["migrations", "ok"] == "none is pending"
    assert ("server", "ok") in found
    assert not [key for key in found if key[1] == "stop"]


def test_a_broken_key_stands_in_the_way(ticket):
    DataKey.objects.update(wrapped=b"nonsense")
    said, code = check()
    assert code == 2 and "stop  keys" in said and "Do not upgrade yet." in said


def test_work_that_waits_for_long_stands_in_the_way(ticket, alice):
    actions.reply(ticket, actor=alice, body="b")
    Reaction.objects.update(next_at=clock.now() - timedelta(hours=1))
    assert ("queue", "stop") in states()


def test_little_room_stands_in_the_way(monkeypatch, ticket):
    monkeypatch.setattr(upgrade, "LEAST_FREE", 2**60)
    assert ("room", "stop") in states()


def test_a_pending_migration_says_how_it_holds_its_table(monkeypatch, ticket):
    index = migrations.AddIndex("ticket", models.Index(fields=["number"], name="x"))
    pending = migrations.Migration("9999_more", "tickets")
    pending.operations = [index, migrations.RenameModel("a", "b")]
    monkeypatch.setattr(
        upgrade.MigrationExecutor, "migration_plan", lambda self, targets: [(pending, False)]
    )
    monkeypatch.setattr(upgrade, "_table_sizes", lambda: {"tickets_ticket": 2_000_000})
    text = states()["migrations", "look"]
    assert text.startswith("tickets 9999_more: ticket (2,000,000 rows): nothing can be written")
    monkeypatch.setattr(upgrade, "_table_sizes", lambda: {"tickets_ticket": 10})
    assert states()["migrations", "ok"] == "tickets 9999_more: takes a moment"


def test_variables_that_mean_nothing_are_named(monkeypatch, ticket):
    monkeypatch.setenv("DB_URL", "x")
    assert "use DATABASE_URL" in states()["configuration", "look"]
