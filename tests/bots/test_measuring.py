"""What `make eval` says of labelled sets in a folder."""

import csv
import json

import pytest
from django.core.management import CommandError, call_command

from tests.bots.small_encoder import small_encoders  # noqa: F401
from tests.bots.test_understanding_learning import SENTENCES

STRANGE = ["what is the weather like", "sing me a song", "a joke, quick"]


@pytest.fixture
def folder(tmp_path, small_encoders, monkeypatch):  # noqa: F811
    monkeypatch.setattr("bots.evaluation.vectors.encoder_named", small_encoders.__getitem__)
    rows = [
        (f"{text} {more}", label)
        for label, texts in SENTENCES.items()
        for text in texts.split("|")
        for more in ("", "please", "now", "today", "again")
    ]
    with (tmp_path / "banking77_train.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("text", "category"), *rows])
    write_pair(tmp_path, "BANKING77_train_10", rows[::5])
    write_pair(tmp_path, "BANKING77-OOS_train", rows[::5])
    write_pair(tmp_path, "BANKING77-OOS_valid", rows[1::5])
    write_pair(tmp_path, "BANKING77-OOS_id-oos_valid", [(text, "oos") for text in STRANGE])
    return tmp_path


def write_pair(folder, name, rows):
    (folder / f"fewshot_{name}.seq.in").write_text("".join(f"{text}\n" for text, _label in rows))
    (folder / f"fewshot_{name}.label").write_text("".join(f"{label}\n" for _text, label in rows))


def measure(folder, **options):
    out = folder / "found.json"
    call_command("eval_understanding", data=folder, out=out, cache=folder / "kept", **options)
    return json.loads(out.read_text())


def test_each_figure_stands_beside_its_goal(folder, capsys):
    found = measure(folder, only="banking")
    figures = {one["name"]: one for one in found["figures"]}
    few = figures["Banking77, 10 examples each: right"]
    assert few["value"] > 80
    assert (few["goal"], few["part"], few["reached"]) == (86.5, "validation", few["value"] >= 86.5)
    assert figures["Banking77: calibration error"]["is_error"]
    beside = figures["Banking77, 10 examples each, others heard: right"]
    assert beside["size"] == few["size"]
    assert found["date"] in capsys.readouterr().out


def test_a_missed_goal_is_named(folder, capsys, monkeypatch):
    monkeypatch.setattr("bots.evaluation.figures._share", lambda _values: 12.0)
    measure(folder, only="banking")
    assert "Missed: Banking77, all examples: right" in capsys.readouterr().err


def test_strangers_from_near_are_told_from_those_who_belong(folder):
    figures = {one["name"]: one["value"] for one in measure(folder, only="near")["figures"]}
    assert figures["Banking77 of 50 intents: right and accepted"] > 80
    assert figures["Banking77 of 50 intents: near strangers found"] > 50
    assert figures["Banking77 of 50 intents: area under the curve"] > 90


@pytest.mark.slow
def test_a_folder_without_any_set_is_refused(tmp_path):
    with pytest.raises(CommandError, match="holds no set"):
        measure(tmp_path)
