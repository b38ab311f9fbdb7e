"""The widget's script: what every website gets, and that nothing in it is missing."""

import gzip
import re

import pytest

from livechat.widget import PARTS, read_parts, widget_script
from livechat.widget.shrink import shrink_css, shrink_js
from livechat.words import WORDS

MOST_BYTES = 20_000


def test_it_is_small_and_every_part_is_in_it():
    script = widget_script()

    assert len(gzip.compress(script, 9)) <= MOST_BYTES
    assert "@@CSS@@" not in script.decode()
    assert len(PARTS) == len(set(PARTS))


def test_it_asks_for_no_word_that_there_is_not():
    source = read_parts()
    asked = set(re.findall(r"\b(?:say|announce|complain|item|newButton)\(\"(\w+)\"", source))

    assert asked - set(WORDS) == set()
    # Codes of refusals and what the configuration names are asked for by their value.
    unsaid = {word for word in WORDS if not re.search(rf"\b{word}\b", source)}
    assert unsaid <= {"bad_file", "banned", "missing_field", "name", "order", "topic", "too_fast"}


def test_nothing_in_it_would_break_a_strict_page():
    source = read_parts()

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|DOMParser|\beval\b", source)
    assert not re.search(r"\"style\"|cssText|new Function|document\.write", source)
    assert "http://" not in source.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    "source, expected",
    [
        ("const first = 1;\nconst other = first + +first;", "const a=1,b=a+ +a"),
        ("// why\nfunction say(word) { return word.word; }", "function a(word){return word.word}"),
        ("const one = `a ${one2 ? `b${one3}` : ''} c`;", "const a=`a ${one2?`b${one3}`:''} c`"),
        ("const told = 1; take({ told });", "const told=1;take({told})"),
        ("const told = 1; const x = { told: 2 };", "const told=1,a={told:2}"),
        ('const at = text.split(/[/"]\\//g);', 'const a=text.split(/[/"]\\//g)'),
        (
            "for (const one of many) { const two = one; use(two); }",
            "for(const a of many){const b=a;use(b)}",
        ),
        ("const isA = 'a' in b; return typeof isA;", "const a='a'in b;return typeof a"),
        ("let tries = 1; if (on) { tries = 2; }", "let a=1;if(on){a=2}"),
        ("let tries = 1; ask(({ tries = 2 }) => 1);", "let tries=1;ask(({tries=2})=>1)"),
        (
            "go(async (one) => [one, 2,], () => (1), (one, two) => one);",
            "go(async a=>[a,2],()=>(1),(a,b)=>a)",
        ),
    ],
)
def test_it_means_the_same_when_it_is_shorter(source, expected):
    assert shrink_js(source).rstrip(";") == expected


def test_a_style_sheet_keeps_its_spaces_where_they_mean_something():
    assert shrink_css("a :is(b, c) { --own: 1px; width: calc(100% - var(--own)); }") == (
        "a :is(b,c){--a:1px;width:calc(100% - var(--a))}"
    )
    assert shrink_css("/* no */ a { color: var(--accent); }") == "a{color:var(--accent)}"
