"""Customers out of a file and into one."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import HelpdeskError, Invalid, NotAllowed
from customers.actions import importing as actions
from customers.models import ImportRun
from customers.queries.exporting import customers_to_export, export_rows
from customers.queries.importing import Reading
from customers.spreadsheets import FORMATS, MAX_BYTES, read_table

_SAMPLE_ROWS = 5
_SHOWN_PROBLEMS = 50
_RIGHTS = ("customers.add_customer", "customers.change_customer")


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV or Excel file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding of a CSV file"),
        required=False,
        choices=[
            ("", gettext_lazy("Find out")),
            ("utf-8", "UTF-8"),
            ("gb18030", "GB18030 / GBK"),
            ("big5hkscs", "Big5"),
            ("cp1252", "Windows-1252"),
        ],
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    _require(request)
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
    if form.is_bound and form.is_valid():
        try:
            run = actions.begin_import(_rows_of(form), actor=request.user)
        except Invalid as refusal:
            form.add_error("file", refusal.reason)
        else:
            return redirect("customers:import", run.pk)
    runs = ImportRun.objects.select_related("by").defer("rows", "errors").order_by("-id")[:20]
    status = 400 if form.is_bound else 200
    return _private(
        render(request, "customers/imports.html", {"form": form, "runs": runs}, status=status)
    )


def _rows_of(form: UploadForm) -> list[list[str]]:
    upload = form.cleaned_data["file"]
    content = upload.read(MAX_BYTES + 1)
    return read_table(upload.name or "", content, encoding=form.cleaned_data["encoding"])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choosing what the columns mean; afterwards how it goes."""
    run = _find(request, pk)
    refusal = ""
    if request.method == "POST":
        try:
            actions.check_import(
                run,
                mapping=_mapping_of(request, run),
                duplicates="update" if request.POST.get("duplicates") == "update" else "skip",
                actor=request.user,
            )
            return redirect("customers:import", pk)
        except HelpdeskError as problem:
            refusal = problem.reason
    context = _shown(run) | {"refusal": refusal}
    status = 409 if refusal else 200
    return _private(render(request, "customers/import.html", context, status=status))


def _mapping_of(request: HttpRequest, run: ImportRun) -> dict[str, str]:
    known = dict(Reading().choices())
    given = {str(at): request.POST.get(f"column_{at}", "") for at in range(len(run.rows[0]))}
    return {number: name for number, name in given.items() if name in known}


def _shown(run: ImportRun) -> dict[str, Any]:
    problems = run.errors
    context: dict[str, Any] = {
        "run": run,
        "total": len(run.rows) - 1,
        "percent": run.done * 100 // max(1, len(run.rows) - 1),
        "problems": problems[:_SHOWN_PROBLEMS],
        "problem_count": len({one["row"] for one in problems}),
        "same_count": run.done - run.added - run.changed - len({one["row"] for one in problems}),
        "names": dict(Reading().choices()),
    }
    if run.state in (ImportRun.State.MAPPING, ImportRun.State.READY):
        context |= {"choices": Reading().choices(), "columns": _columns(run)}
    return context


def _columns(run: ImportRun) -> list[dict[str, Any]]:
    header, *rows = run.rows
    return [
        {
            "number": at,
            "title": title,
            "field": run.mapping.get(str(at), ""),
            "sample": [row[at] for row in rows[:_SAMPLE_ROWS] if row[at]],
        }
        for at, title in enumerate(header)
    ]


@login_required
@require_safe
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _private(render(request, "customers/_import_progress.html", _shown(_find(request, pk))))


@login_required
@require_POST
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.start_import(_find(request, pk), actor=request.user)
    return redirect("customers:import", pk)


@login_required
@require_POST
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.stop_import(_find(request, pk), actor=request.user)
    return redirect("customers:import", pk)


@login_required
@require_safe
def errors(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """The rows that could not be taken, with the reason, to be put right and sent again."""
    run = _find(request, pk)
    reasons: dict[int, list[str]] = {}
    for problem in run.errors:
        reasons.setdefault(problem["row"], []).append(problem["reason"])
    rows = [[*run.rows[0], _("What is wrong")]]
    rows += [[*run.rows[number - 1], "; ".join(said)] for number, said in reasons.items()]
    return _download("csv", rows, "import-errors")


@login_required
@require_POST
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Not by a link: it takes people's data out of the house, which is written down."""
    _require(request)
    form = request.POST.get("format", "csv")
    if form not in FORMATS:
        raise Invalid(_("Choose CSV or XLSX."), field="format")
    found = customers_to_export(request.user, request.POST.get("q", "")[:200])
    actions.note_export(request.user, format=form, count=found.count())
    return _download(form, export_rows(found), "customers")


def _download(form: str, rows: Any, name: str) -> StreamingHttpResponse:
    write, content_type = FORMATS[form]
    response = StreamingHttpResponse(write(rows), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response["Cache-Control"] = "no-store, private"
    return response


def _find(request: HttpRequest, pk: UUID) -> ImportRun:
    _require(request)
    return get_object_or_404(ImportRun.objects.select_related("by"), pk=pk)


def _require(request: HttpRequest) -> None:
    if not all(request.user.may(right) for right in _RIGHTS):
        raise NotAllowed(_("Your role does not allow this."))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response
