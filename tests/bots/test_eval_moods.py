"""What `make eval` prints of moods: agreement with people, by part and language."""

import json

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.slow  # learns the shipped model of moods

SEEN = """
- {language: en, mood: 1, text: "Thank you so much, the lamp is beautiful!"}
- {language: en, mood: -1, text: "This is terrible, I am very disappointed."}
- {language: en, mood: -1, text: "Which bulb fits the floor lamp?"}
"""
APART = """
- {language: zh, mood: 1, text: "谢谢，太好了，我很满意！"}
- {language: zh, mood: -1, text: "太差了，气死我了，再也不买了！"}
"""


def test_agreement_is_told_by_part_and_what_is_apart_is_not_named(tmp_path, capsys):
    (tmp_path / "apart").mkdir()
    (tmp_path / "english.yaml").write_text(SEEN)
    (tmp_path / "apart" / "chinese.yaml").write_text(APART)
    out = tmp_path / "eval.json"
    out.write_text('{"figures": []}')
    call_command("eval_moods", messages=tmp_path, out=out, wrong=True)

    told = json.loads(out.read_text())
    english, chinese = told["moods"]
    assert (english["part"], english["count"], round(english["same"], 2)) == ("seen", 3, 0.67)
    assert (english["precision"], english["recall"]) == (1.0, 0.5)
    assert (chinese["part"], chinese["same"], chinese["kappa"]) == ("apart", 1.0, 1.0)
    assert told["figures"] == []
    printed = capsys.readouterr().out
    assert "english.yaml:3 +0 for -1" in printed
    assert "apart/" not in printed


def test_a_wrong_label_is_named(tmp_path):
    (tmp_path / "english.yaml").write_text('- {language: en, mood: 2, text: "Hm"}')
    with pytest.raises(CommandError, match=r"english.yaml:1: mood is -1, 0 or 1"):
        call_command("eval_moods", messages=tmp_path)
