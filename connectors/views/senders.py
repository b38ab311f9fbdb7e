"""Senders whose mail goes to the spam folder, and addresses we do not write to."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from connectors import actions
from connectors.forms import BlockForm
from connectors.queries import list_blocks, list_suppressions
from connectors.views.access import private, require
from core.errors import HelpdeskError
from core.fields import warm_keys

_PER_PAGE = 50


@login_required
@require_safe
def blocked(request: HttpRequest) -> HttpResponse:
    require(request, "connectors.view_senderblock")
    return _show_blocked(request, BlockForm())


@login_required
@require_POST
def block(request: HttpRequest) -> HttpResponse:
    require(request, "connectors.add_senderblock")
    form = BlockForm(request.POST)
    if form.is_valid():
        try:
            actions.block_sender(form.cleaned_data["value"], actor=request.user)
        except HelpdeskError as refusal:
            form.add_error("value", refusal.reason)
        else:
            messages.success(request, _("Blocked. Mail from there goes to the spam folder."))
            return redirect("connectors:blocked")
    return _show_blocked(request, form, status=400)


def _show_blocked(request: HttpRequest, form: BlockForm, status: int = 200) -> HttpResponse:
    context = {
        "page": _page_of(request, list_blocks(request.user)),
        "form": form,
        "may_block": request.user.may("connectors.add_senderblock"),
        "may_unblock": request.user.may("connectors.delete_senderblock"),
    }
    return private(render(request, "connectors/blocked.html", context, status=status))


@login_required
@require_POST
def unblock(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request, "connectors.delete_senderblock")
    found = get_object_or_404(list_blocks(request.user), pk=pk)
    actions.unblock_sender(found, actor=request.user)
    messages.success(request, _("Unblocked. New mail from there reaches the lists again."))
    return redirect("connectors:blocked")


@login_required
@require_safe
def suppressed(request: HttpRequest) -> HttpResponse:
    require(request, "connectors.view_suppression")
    context = {
        "page": _page_of(request, list_suppressions(request.user)),
        "may_lift": request.user.may("connectors.delete_suppression"),
    }
    return private(render(request, "connectors/suppressed.html", context))


@login_required
@require_POST
def lift(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request, "connectors.delete_suppression")
    found = get_object_or_404(list_suppressions(request.user), pk=pk)
    actions.lift_suppression(found.address, actor=request.user)
    messages.success(request, _("This address may be written to again."))
    return redirect("connectors:suppressed")


def _page_of(request: HttpRequest, found: "QuerySet[Any]") -> "Page[Any]":
    page: Page[Any] = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    warm_keys(page.object_list)
    return page
