"""Whoever gets hold of a dump, the disk or Valkey reads nobody's name, address or words."""

import base64
from email.message import EmailMessage

import pytest

from tests.system.deployment import Deployment
from tests.system.leaks import dump_database, find_clear, join, read_files, read_valkey

pytestmark = pytest.mark.slow

NAME, CHINESE_NAME = "Zephyrine Quillfeather", "紫禁城墙"
EMAIL, CHINESE_EMAIL = "zephyrine@quillfeather.example", "bianzhong@luodian.example"
PHONE = "+44 7700 900987"
SUBJECT, CHINESE_SUBJECT = "Flummoxation of my snickersnee", "灯笼忽明忽暗"
BODY = "The grumbletonian valve wheezes since the borogovian plumber left Snodgrassville."
CHINESE_BODY = "青铜编钟响了三声，鎏金香炉却没有动静。"
API_NAME, API_EMAIL = "Mimsy Jubjubbird", "mimsy@outgrabe.example"

# What must be found nowhere: each alone, in whatever case or notation.
WORDS = [
    *("Zephyrine", "Quillfeather", "Flummoxation", "snickersnee", "grumbletonian", "wheezes"),
    *("borogovian", "Snodgrassville", "Mimsy", "Jubjubbird", "outgrabe", "Bandersnatches"),
    *("whiffling", "tulgeywood", "galumphing", "frabjousness", "callooh", "manxomeness"),
    *("brilligness", "uffishly", "beamishly", "vorpalized", "bianzhong", "luodian"),
    *("紫禁", "紫禁城", "城墙", "禁城墙", "灯笼", "灯笼忽", "编钟", "青铜编", "编钟响"),
    *("鎏金", "鎏金香", "香炉", "金香炉", "螺钿", "螺钿屏"),
    *("7700900987", "7700 900987"),
]
# Not personal and kept in clear: shows that the search would have found the others.
CONTROL = "Chesterfieldian"


# Planting


def english_mail() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"{NAME} <{EMAIL}>", "support@demo.test", SUBJECT
    mail["Message-ID"] = "<galumphing.frabjousness@quillfeather.example>"
    mail["X-Mailer"] = "Callooh 7"
    mail.set_content(BODY)
    mail.add_alternative(f"<p>{BODY} <b>Manxomeness</b>.</p>", subtype="html")
    mail.add_attachment(
        b"%PDF-1.4 brilligness of the content",
        maintype="application",
        subtype="pdf",
        filename="uffishly-drawn.pdf",
    )
    return mail.as_bytes()


def chinese_mail() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = f"{CHINESE_NAME} <{CHINESE_EMAIL}>", "support@demo.test"
    mail["Subject"] = CHINESE_SUBJECT
    mail["Message-ID"] = "<1@luodian.example>"
    mail.set_content(CHINESE_BODY)
    mail.add_attachment("螺钿屏风的说明", filename="螺钿屏风.txt")
    return mail.as_bytes()


@pytest.fixture(scope="module")
def hints(running: Deployment) -> bytes:
    """What Valkey holds while the workers stand still and their hints pile up."""
    notes = "Beamishly kind; never before noon."
    running.call("plant", f"{CONTROL} care", NAME, EMAIL, PHONE, notes)
    with running.paused("worker"):
        for raw, sender in ((english_mail(), EMAIL), (chinese_mail(), CHINESE_EMAIL)):
            assert running.send_mail(raw, sender=sender)[0] == 250
        ticket = open_by_api(running)
        held = b"\n".join(read_valkey(running.services()["REDIS_URL"]))
        assert b"core.tasks.drain" in held
    running.wait_idle()
    answer_by_api(running, ticket)
    return held


def open_by_api(running: Deployment) -> str:
    body = {
        "subject": "Bandersnatches",
        "body": "All mimsy were the bandersnatches.",
        "customer": {"name": API_NAME, "email": API_EMAIL},
    }
    made = running.api().post("/tickets/", body, key="canary-ticket")
    assert made.status == 201, made
    return made.body["id"]


def answer_by_api(running: Deployment, ticket: str) -> None:
    api = running.api()
    for path, words in (("notes", "A whiffling note"), ("replies", "Beware the tulgeywood")):
        made = api.post(f"/tickets/{ticket}/{path}/", {"body": words}, key=f"canary-{path}")
        assert made.status == 201, made
    # A body that is refused must leave no trace either.
    refused = api.post("/tickets/", {"subject": "vorpalized", "body": "x", "customer": {}})
    assert refused.status == 400
    running.wait_idle()


# Looking


@pytest.fixture(scope="module")
def places(running: Deployment, hints: bytes) -> dict[str, bytes]:
    """Everything, as one text per place."""
    # What people search for goes through the same processes and must not stay there.
    for text in (EMAIL, PHONE, f"{NAME} {CHINESE_NAME}", '"borogovian plumber"', "鎏金香炉"):
        running.api().get("/tickets/", q=text)
    running.manage("seal_audit")
    running.query("CHECKPOINT")
    cluster = running.data_dir / "postgres"
    return {
        "dump": dump_database(running),
        "cluster": join(read_files(cluster)),
        "data folder": join(
            (name, content)
            for child in sorted(running.data_dir.iterdir())
            if child not in (cluster, running.data_dir / "outbox")
            for name, content in read_files(child)
        ),
        "valkey": hints + b"\n".join(read_valkey(running.services()["REDIS_URL"])),
    }


@pytest.mark.parametrize("place", ["dump", "cluster", "data folder", "valkey"])
def test_no_word_of_anybody_is_there_in_clear(places: dict[str, bytes], place: str) -> None:
    print(f"\n{place}: {len(places[place]) / 1e6:.1f} MB, {len(WORDS)} words")
    assert find_clear(places[place], WORDS) == []


def test_what_is_there_in_clear_is_found(places: dict[str, bytes]) -> None:
    for place in ("dump", "cluster"):
        assert find_clear(places[place], [CONTROL]), place
    assert b"core.tasks.drain" in places["valkey"]
    assert b"accepted" in places["data folder"]


@pytest.mark.parametrize("spelling", ["Quillfeather", "QUILLFEATHER", "quillfeather"])
@pytest.mark.parametrize("notation", ["utf-8", "utf-16-le", "utf-16-be", "hex", "HEX", "base64"])
def test_whatever_the_notation_the_word_would_be_seen(spelling: str, notation: str) -> None:
    match notation:
        case "hex":
            hidden = spelling.encode().hex().encode()
        case "HEX":
            hidden = spelling.encode().hex().upper().encode()
        case "base64":
            hidden = base64.b64encode(f"xy{spelling}z".encode())
        case _:
            hidden = spelling.encode(notation)
    assert find_clear(b"\0\1" + hidden + b"\0", ["Quillfeather"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "gb18030"])
def test_a_chinese_word_would_be_seen(encoding: str) -> None:
    assert find_clear("青铜编钟响".encode(encoding), ["编钟响"])


def test_four_bytes_of_ciphertext_are_no_word() -> None:
    assert not find_clear(b"\x8d" + "鎏金".encode("utf-16-be") + b"\x07", ["鎏金", "鎏金香"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (EMAIL, NAME),
        (EMAIL.upper(), NAME),
        (PHONE, NAME),
        (PHONE.replace(" ", ""), NAME),
        (NAME, NAME),
        ("quillf", NAME),
        ("grumbletonian", NAME),
        ("wheezed", NAME),
        ('"valve wheezes since"', NAME),
        (SUBJECT.split()[0], NAME),
        (API_EMAIL, API_NAME),
        ("whiffling", API_NAME),
        (CHINESE_EMAIL, CHINESE_NAME),
        (CHINESE_NAME, CHINESE_NAME),
        ("紫禁", CHINESE_NAME),
        ("编钟", CHINESE_NAME),
        ('"鎏金香炉却没有"', CHINESE_NAME),
        ("忽明忽暗", CHINESE_NAME),
    ],
)
def test_search_finds_it_all_the_same(
    running: Deployment, hints: bytes, text: str, found: str
) -> None:
    rows = running.api().get("/tickets/", q=text)["results"]
    assert [row["customer"]["name"] for row in rows] == [found]


@pytest.mark.parametrize("text", ['"wheezes valve"', '"编钟青铜"', "bandersnatchi"])
def test_search_finds_nothing_where_there_is_nothing(
    running: Deployment, hints: bytes, text: str
) -> None:
    assert running.api().get("/tickets/", q=text)["results"] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (EMAIL, NAME),
        (PHONE, NAME),
        ("zephy", NAME),
        ("紫禁城", CHINESE_NAME),
        (API_EMAIL, API_NAME),
    ],
)
def test_people_are_found_by_address_phone_and_name(
    running: Deployment, hints: bytes, text: str, name: str
) -> None:
    rows = running.api().get("/customers/", q=text)["results"]
    assert [row["name"] for row in rows] == [name]
