"""Settings about tickets: statuses and what may follow which, types and their forms, tags."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.pages import carry_out, sets_up, status_of
from tickets import actions
from tickets.lifecycle import TRANSITIONS, find_transition
from tickets.models import Category, Status, TicketType
from tickets.queries.tags import count_tags, list_tag_changes
from tickets.settings_forms import StatusForm, TagsForm, TypeForm

# Statuses


@require_safe
@sets_up("tickets.change_status")
def statuses(request: HttpRequest) -> HttpResponse:
    found = list(Status.objects.annotate(used=Count("tickets")))
    groups = [(c, [status for status in found if status.category == c.value]) for c in Category]
    context = {"groups": groups, "categories": list(Category), "table": _table()}
    return render(request, "tickets/statuses.html", context)


def _table() -> list[tuple[Category, list[str]]]:
    """From each category to each: "", "step", "reopens" or "right" (a reopening for few)."""
    return [(source, [_cell(source, target) for target in Category]) for source in Category]


def _cell(source: Category, target: Category) -> str:
    if source == target:
        return "same"
    transition = find_transition(source, target)
    if transition is None:
        return ""
    if transition.right != TRANSITIONS[0].right:
        return "right"
    return "reopens" if transition.reopens else "step"


@sets_up("tickets.add_status")
def add_status(request: HttpRequest) -> HttpResponse:
    form = StatusForm(request.POST or None)
    if carry_out(form, actions.add_status, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("tickets:statuses")
    return render(request, "tickets/status.html", {"form": form}, status=status_of(form))


@sets_up("tickets.change_status")
def status(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Status.objects.annotate(used=Count("tickets")), pk=pk)
    form = StatusForm(request.POST or None, status=found)

    def change(**values: Any) -> Status:
        return actions.change_status(found, actor=request.user, **values)

    if carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("tickets:statuses")
    context = {"form": form, "status": found}
    return render(request, "tickets/status.html", context, status=status_of(form))


@require_POST
@sets_up("tickets.delete_status")
def delete_status(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.delete_status(get_object_or_404(Status, pk=pk), actor=request.user)
    messages.success(request, _("The status is gone."))
    return redirect("tickets:statuses")


# Types


@require_safe
@sets_up("tickets.change_tickettype")
def types(request: HttpRequest) -> HttpResponse:
    found = TicketType.objects.prefetch_related("fields")
    return render(request, "tickets/types.html", {"types": found})


@sets_up("tickets.add_tickettype")
def add_type(request: HttpRequest) -> HttpResponse:
    form = TypeForm(request.POST or None)
    if carry_out(form, actions.add_type, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("tickets:types")
    return render(request, "tickets/type.html", {"form": form}, status=status_of(form))


@sets_up("tickets.change_tickettype")
def type_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(TicketType, pk=pk)
    form = TypeForm(request.POST or None, type=found)

    def change(**values: Any) -> TicketType:
        return actions.change_type(found, actor=request.user, **values)

    if carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("tickets:types")
    context = {"form": form, "type": found}
    return render(request, "tickets/type.html", context, status=status_of(form))


@require_POST
@sets_up("tickets.change_tickettype")
def move_type(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(TicketType, pk=pk)
    actions.move_type(found, up=request.POST.get("way") == "up", actor=request.user)
    return redirect("tickets:types")


# Tags


@sets_up("tickets.curate_tags")
def tags(request: HttpRequest) -> HttpResponse:
    """One name for the chosen tags renames or merges them, the other button deletes them."""
    counted = count_tags()
    form = TagsForm(request.POST or None, known=[tag for tag, _count in counted])
    deletes = request.POST.get("do") == "delete"

    def change(*, tags: list[str], to: str) -> None:
        actions.rename_tags(tags, to="" if deletes else to, actor=request.user)

    if request.method == "POST" and form.is_valid():
        if not deletes and not form.cleaned_data["to"].strip():
            form.add_error("to", _("Write the new name."))
        elif carry_out(form, change):
            messages.success(request, _("Done, or under way where there are many tickets."))
            return redirect("tickets:tags_admin")
    context = {"form": form, "tags": counted, "changes": list_tag_changes()}
    return render(request, "tickets/tags_admin.html", context, status=status_of(form))
