"""What load balancers and monitoring ask."""

import pytest
from django.test import Client

from core import keyring
from core.models import Event, Reaction
from tickets import actions


def test_the_process_answers_without_touching_its_services(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_when_everything_is_there(db):
    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "checks": {"database": "ok", "keys": "ok", "files": "ok", "valkey": "ok"},
    }


def test_a_lost_valkey_is_named_but_we_stay_ready(db, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["valkey"]) == (200, "ConnectionError")


def test_without_its_database_it_is_not_ready(db, monkeypatch):
    class Lost(Exception):
        pass

    def refuse():
        raise Lost("host db.internal, user helpdesk")

    with monkeypatch.context() as patch:
        patch.setattr("helpdesk.health.connection.cursor", refuse)
        answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert answer.json()["checks"]["database"] == "Lost"
    assert "db.internal" not in answer.content.decode()


def test_without_its_keys_it_is_not_ready(db, settings, tmp_path, monkeypatch):
    def missing():
        raise FileNotFoundError(tmp_path)

    monkeypatch.setattr(keyring, "load", missing)
    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["keys"]) == (503, "FileNotFoundError")
    assert str(tmp_path) not in answer.content.decode()


def test_without_its_folder_it_is_not_ready(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path / "gone"
    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["files"]) == (503, "missing")


def test_metrics_count_what_is_there(ticket, alice):
    actions.reply(ticket, actor=alice, body="Hello")
    waiting = float(Reaction.objects.filter(state="pending").count())
    lines = Client().get("/metrics").content.decode().splitlines()

    assert waiting
    assert 'helpdesk_tickets{category="waiting_customer"} 1.0' in lines
    assert 'helpdesk_deliveries{state="scheduled"} 1.0' in lines
    assert f'helpdesk_reactions{{state="pending"}} {waiting}' in lines
    assert f"helpdesk_events {float(Event.objects.count())}" in lines


def test_metrics_tell_nothing_about_people(ticket):
    text = Client().get("/metrics").content.decode().lower()
    for word in ("carol", "example.org", "lamp", "support@"):
        assert word not in text


def test_metrics_are_for_this_machine_and_whoever_knows_the_token(db, settings):
    def ask(address="192.0.2.7", **headers):
        return Client(REMOTE_ADDR=address).get("/metrics", headers=headers).status_code

    settings.METRICS_TOKEN = ""
    assert ask("127.0.0.1") == ask("::1") == 200
    assert ask() == ask(authorization="Bearer ") == 403
    # A proxy on this machine speaks for somebody elsewhere.
    assert ask("127.0.0.1", x_forwarded_for="192.0.2.7") == 403
    settings.METRICS_TOKEN = "s3cret"
    assert ask(authorization="Bearer s3cret") == 200
    for wrong in ("Bearer s3cre", "Bearer", "", "Bearer é"):
        assert ask(authorization=wrong) == 403, wrong


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nobody_gets_a_session_from_monitoring(db, path):
    assert not Client().get(path).cookies
