"""Customers brought in from a file: read, checked, taken row by row, never twice."""

import csv
import io
import zipfile
from datetime import timedelta

import pytest
from openpyxl import Workbook

from core import clock
from core.models import DataKey, Event, Reaction
from customers.actions import importing
from customers.actions.importing import begin_import, check_import, drop_old_imports, start_import
from customers.models import Customer, CustomField, ImportRun
from customers.queries import find_by_email, list_consents
from customers.queries.importing import Reading
from customers.spreadsheets import decode, find_delimiter, quote_cell, read_table, unquote_cell

pytestmark = pytest.mark.django_db
FILE = """Name,E-mail,Telephone,Company,Tier,Language,Comment
Dan Brown,dan@example.org,+44 7700 900999,Perch Ltd,VIP,English,likes lamps
王芳,wang@example.org,13812345678,,standard,中文,
Nobody,,,,,,
Eve,not an address,,,,,
"""


@pytest.fixture
def take(supervisor, react):
    """Import a text as a supervisor would, to its end."""

    def take_file(text=FILE, *, duplicates="skip", mapping=None):
        run = begin_import(read_table("f.csv", text.encode()), actor=supervisor)
        check_import(run, mapping=mapping or run.mapping, duplicates=duplicates, actor=supervisor)
        start_import(run, actor=supervisor)
        react()
        return ImportRun.objects.get(pk=run.pk)

    return take_file


def test_people_come_in_with_all_that_is_said_of_them(take):
    run = take()
    assert (run.state, run.done, run.added) == ("done", 4, 2)
    dan = find_by_email("dan@example.org")
    assert (dan.name, dan.tier.code, dan.locale) == ("Dan Brown", "vip", "en")
    assert (dan.organisation.name, dan.notes) == ("Perch Ltd", "likes lamps")
    assert {i.kind for i in dan.identities.all()} == {"email", "phone"}
    assert find_by_email("wang@example.org").locale == "zh-hans"


def test_rows_in_error_are_named_with_their_reason(take):
    errors = take().errors
    assert [(one["row"], one["field"]) for one in errors] == [(4, "email"), (5, "email")]
    assert errors[1]["reason"] == "“not an address” is no e-mail address."


def test_known_people_stay_or_are_brought_up_to_date_as_chosen(take, carol):
    text = "email,name,language\nCAROL@example.org,Caroline,zh-hant\n"
    assert (take(text).added, Customer.objects.get(pk=carol.pk).name) == (0, "Carol Ashworth")
    run = take(text, duplicates="update")
    carol.refresh_from_db()
    assert (run.changed, carol.name, carol.locale) == (1, "Caroline", "zh-hant")
    assert take(text, duplicates="update").changed == 0  # nothing is left to change


def test_empty_cells_take_nothing_away_and_consents_stay(take, carol):
    before = list_consents(carol)
    take("email,name,phone\ncarol@example.org,,\n", duplicates="update")
    carol.refresh_from_db()
    assert carol.name == "Carol Ashworth"
    assert carol.identities.filter(valid_to=None).count() == 2
    assert list_consents(carol) == before


def test_addresses_of_two_people_in_one_row_are_refused(take, carol):
    take("email\ndan@example.org\n")
    run = take("email,phone\ndan@example.org,+44 7700 900123\n", duplicates="update")
    assert run.errors[0]["reason"] == "Its addresses belong to several customers."


def test_custom_fields_are_filled_and_checked(take):
    choice = {"options": [{"code": "gold", "name": "金卡"}], "kind": "choice"}
    CustomField.objects.create(owner="customer", code="card", name="会员卡", **choice)
    CustomField.objects.create(owner="customer", code="born", name="Born", kind="date")
    run = take(
        "邮箱,会员卡,Born\na@example.org,金卡,1980-05-01\nb@example.org,gold,\nc@example.org,tin,\n"
    )
    assert find_by_email("a@example.org").custom == {"card": "gold", "born": "1980-05-01"}
    assert find_by_email("b@example.org").custom == {"card": "gold"}
    assert (run.added, run.errors[0]["row"]) == (2, 4)
    assert find_by_email("c@example.org") is None


def test_it_goes_on_where_it_was_killed_and_takes_nobody_twice(supervisor, monkeypatch):
    rows = [["email"], *[[f"p{n}@example.org"] for n in range(10)]]
    run = begin_import(rows, actor=supervisor)
    check_import(run, mapping={"0": "email"}, duplicates="skip", actor=supervisor)
    start_import(run, actor=supervisor)
    monkeypatch.setattr(importing, "BATCH", 4)
    assert importing.import_some(run.pk, Reading())
    real, calls = importing._bring_in, []

    def die(run, row):
        calls.append(row)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(run, row)

    monkeypatch.setattr(importing, "_bring_in", die)
    with pytest.raises(KeyboardInterrupt):
        importing.import_some(run.pk, Reading())
    assert (ImportRun.objects.get().done, Customer.objects.count()) == (4, 4)
    monkeypatch.setattr(importing, "_bring_in", real)
    while importing.import_some(run.pk, Reading()):
        pass
    run.refresh_from_db()
    assert (run.state, run.done, run.added, Customer.objects.count()) == ("done", 10, 10, 10)


def test_a_worker_takes_it_up_again_after_its_slice(supervisor, react, monkeypatch):
    monkeypatch.setattr("customers.reactions.SLICE_SECONDS", -1)
    run = begin_import([["email"], ["a@example.org"]], actor=supervisor)
    check_import(run, mapping={"0": "email"}, duplicates="skip", actor=supervisor)
    start_import(run, actor=supervisor)
    react()
    run.refresh_from_db()
    assert run.state == "running" and Reaction.objects.filter(lane="bulk").exists()
    monkeypatch.setattr("customers.reactions.SLICE_SECONDS", 4)
    react()
    run.refresh_from_db()
    assert run.state == "done"


def test_a_stopped_import_goes_on_when_told(sign_in, supervisor, react, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 1)
    run = begin_import([["email"], ["a@example.org"], ["b@example.org"]], actor=supervisor)
    check_import(run, mapping={"0": "email"}, duplicates="skip", actor=supervisor)
    start_import(run, actor=supervisor)
    importing.import_some(run.pk, Reading())
    client = sign_in(supervisor)
    client.post(f"/customers/import/{run.pk}/stop/")
    react()
    run.refresh_from_db()
    assert (run.state, run.done) == ("stopped", 1)
    client.post(f"/customers/import/{run.pk}/start/")
    react()
    run.refresh_from_db()
    assert (run.state, run.added) == ("done", 2)


def test_a_week_after_its_end_nothing_is_left_of_it(take):
    run = take()
    with clock.at(clock.now() + timedelta(days=6)):
        assert drop_old_imports() == 0
    with clock.at(clock.now() + timedelta(days=8)):
        assert drop_old_imports() == 1
    assert not ImportRun.objects.exists()
    assert DataKey.objects.get(scope="import", scope_id=run.pk).destroyed_at
    assert Event.objects.filter(name="import.finished").exists()


# The pages


def test_from_the_file_to_the_end_in_pages(sign_in, supervisor, react):
    client = sign_in(supervisor)
    upload = io.BytesIO(FILE.encode("gb18030"))
    upload.name = "people.csv"
    page = client.post("/customers/import/", {"file": upload})["Location"]
    shown = client.get(page).content.decode()
    assert "王芳" in shown and 'value="organisation" selected' in shown
    mapping = ImportRun.objects.get().mapping
    posted = {f"column_{at}": name for at, name in mapping.items()}
    client.post(page, posted | {"duplicates": "update"})
    assert "2 rows cannot be taken" in client.get(page).content.decode()
    assert Customer.objects.count() == 0
    client.post(f"{page}start/")
    assert "every 1s" in client.get(f"{page}progress/").content.decode()
    react()
    assert "every 1s" not in client.get(f"{page}progress/").content.decode()
    wrong = b"".join(client.get(f"{page}errors/").streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(wrong)))
    assert rows[0][-1] == "What is wrong" and rows[2][0] == "Eve"


def test_who_may_not_import_sees_none(sign_in, alice, supervisor):
    run = begin_import([["email"], ["a@example.org"]], actor=supervisor)
    client = sign_in(alice)
    assert client.get("/customers/import/").status_code == 403
    assert client.get(f"/customers/import/{run.pk}/").status_code == 403
    assert client.post("/customers/export/").status_code == 403


def test_without_a_column_of_addresses_nothing_begins(sign_in, supervisor):
    run = begin_import([["who"], ["a"]], actor=supervisor)
    answer = sign_in(supervisor).post(f"/customers/import/{run.pk}/", {"column_0": "name"})
    assert answer.status_code == 409
    assert "Say which column" in answer.content.decode()


# Files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_chinese_files_are_read_in_their_encoding(encoding):
    assert decode("姓名,邮箱\n王芳,w@example.org".encode(encoding)).startswith("姓名,邮箱")


def test_western_files_are_not_taken_for_chinese():
    assert decode("Name;Ort\nMüller;Köln\nFrançois;Orléans".encode("cp1252")).endswith("Orléans")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    lines = [
        delimiter.join(row)
        for row in (["a", "b", "c"], ["1, x" if delimiter != "," else "1", "2", "3"])
    ]
    assert find_delimiter("\n".join(lines)) == delimiter


def packed(rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_excel_files_are_read_numbers_and_days_as_written():
    from datetime import date

    content = packed([["Phone", "Born"], [13812345678.0, date(1980, 5, 1)], ["=1+1", None]])
    assert read_table("a.xlsx", content)[1] == ["13812345678", "1980-05-01"]


@pytest.mark.slow
def test_bombs_and_nonsense_are_refused(monkeypatch):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", b"0" * 200_000_000)
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("a.txt", "x")
    bad = {
        "far larger": bomb.getvalue(),
        "no table": other.getvalue(),
        "damaged": packed([["a"], ["b"]])[:-200],
        "old Excel": b"\xd0\xcf\x11\xe0 rest",
        "no rows": b"email\n",
        "10 MB": b"x" * (10 * 1024 * 1024 + 1),
    }
    for reason, content in bad.items():
        with pytest.raises(Exception, match=reason):
            read_table("f", content)


FORMULAS = [
    "=1+1",
    "+44 7700 900123",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    '"=1',
    "＝1+1",
    "|cmd",
]


@pytest.mark.parametrize("text", [*FORMULAS, "'=1", "O'Brien", "", "plain", "'quoted'"])
def test_quoted_cells_come_back_as_they_were(text):
    assert unquote_cell(quote_cell(text)) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_quoted(text):
    assert quote_cell(text) == f"'{text}"
