"""Categories: their names, their order, what stands in what."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.pages import carry_out, sets_up, status_of
from knowledge import actions
from knowledge.forms import CategoryForm
from knowledge.lifecycle import PUBLISH
from knowledge.models import Category

_FORMS = ["GET", "HEAD", "POST"]


@require_safe
@sets_up(PUBLISH)
def categories(request: HttpRequest) -> HttpResponse:
    found = list(
        Category.objects.select_related("brand").annotate(count=Count("articles", distinct=True))
    )
    tops = [
        (top, [one for one in found if one.parent_id == top.pk])
        for top in found
        if top.parent_id is None
    ]
    return render(request, "knowledge/categories.html", {"tops": tops})


@sets_up(PUBLISH)
@require_http_methods(_FORMS)
def new(request: HttpRequest) -> HttpResponse:
    form = CategoryForm(request.POST or None)
    if carry_out(form, actions.add_category, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("knowledge:categories")
    return render(request, "knowledge/category_form.html", {"form": form}, status=status_of(form))


@sets_up(PUBLISH)
@require_http_methods(_FORMS)
def category(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Category, pk=pk)
    form = CategoryForm(request.POST or None, category=found)

    def change(**values: Any) -> Category:
        return actions.change_category(found, actor=request.user, **values)

    if carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("knowledge:categories")
    context = {"form": form, "category": found}
    return render(request, "knowledge/category_form.html", context, status=status_of(form))


@require_POST
@sets_up(PUBLISH)
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    by = -1 if request.POST.get("by") == "-1" else 1
    actions.move_category(get_object_or_404(Category, pk=pk), actor=request.user, by=by)
    return redirect("knowledge:categories")


@require_POST
@sets_up(PUBLISH)
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.remove_category(get_object_or_404(Category, pk=pk), actor=request.user)
    messages.success(request, _("The category is gone."))
    return redirect("knowledge:categories")
