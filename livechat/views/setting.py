"""Chat inboxes: where the widget stands, what it asks and says, and when."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors.actions import change_inbox
from connectors.queries import list_inboxes
from core.pages import carry_out, sets_up, status_of
from livechat.actions.proactive import keep_proactive, remove_proactive
from livechat.actions.setup import add_widget, change_widget, renew_host_secret
from livechat.forms import AddWidgetForm, ProactiveForm, WidgetForm
from livechat.models import ChatWidget, ProactiveMessage

RIGHT = "connectors.change_inbox"
_FORMS = ["GET", "HEAD", "POST"]


@sets_up("connectors.add_inbox")
@require_http_methods(_FORMS)
def add(request: HttpRequest) -> HttpResponse:
    form = AddWidgetForm(request.POST or None)
    widget = carry_out(form, add_widget, actor=request.user)
    if widget:
        messages.success(request, _("The chat is made. Put its line into your website."))
        return redirect("chats:inbox", widget.inbox_id)
    return render(request, "livechat/add.html", {"form": form}, status=status_of(form))


@sets_up(RIGHT)
@require_http_methods(_FORMS)
def inbox(request: HttpRequest, pk: UUID) -> HttpResponse:
    widget = _find(request, pk)
    form = WidgetForm(request.POST or None, widget=widget)

    def change(**_values: Any) -> ChatWidget:
        changed = change_widget(widget, actor=request.user, **form.of_widget())
        change_inbox(widget.inbox, actor=request.user, **form.of_inbox())
        return changed

    if carry_out(form, change):
        messages.success(request, _("Saved. Open pages notice it within minutes."))
        return redirect("chats:inbox", pk)
    return _show(request, widget, form)


@require_POST
@sets_up(RIGHT)
def renew_secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Shown in this one answer and never again."""
    widget = _find(request, pk)
    secret = renew_host_secret(widget, actor=request.user)
    widget = _find(request, pk)
    return _show(request, widget, WidgetForm(widget=widget), secret=secret)


@sets_up(RIGHT)
@require_http_methods(_FORMS)
def proactive(request: HttpRequest, pk: UUID, row: UUID | None = None) -> HttpResponse:
    widget = _find(request, pk)
    message = get_object_or_404(ProactiveMessage, widget=widget, pk=row) if row else None
    form = ProactiveForm(request.POST or None, message=message)
    if carry_out(form, keep_proactive, widget=widget, message=message, actor=request.user):
        messages.success(request, _("Saved. Open pages notice it within minutes."))
        return redirect("chats:inbox", pk)
    context = {"widget": widget, "message": message, "form": form}
    return render(request, "livechat/proactive.html", context, status=status_of(form))


@require_POST
@sets_up(RIGHT)
def drop_proactive(request: HttpRequest, pk: UUID, row: UUID) -> HttpResponse:
    message = get_object_or_404(ProactiveMessage, widget=_find(request, pk), pk=row)
    remove_proactive(message, actor=request.user)
    messages.success(request, _("Removed."))
    return redirect("chats:inbox", pk)


@require_safe
@sets_up(RIGHT)
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A page of ours with the widget on it, as visitors would see it."""
    return render(request, "livechat/preview.html", {"widget": _find(request, pk)})


def _find(request: HttpRequest, pk: UUID) -> ChatWidget:
    widgets = ChatWidget.objects.select_related(
        "inbox__brand", "inbox__team", "inbox__calendar", "notice", "mail_inbox"
    )
    return get_object_or_404(widgets, inbox__in=list_inboxes(request.user), inbox=pk)


def _show(
    request: HttpRequest, widget: ChatWidget, form: WidgetForm, *, secret: str = ""
) -> HttpResponse:
    context = {
        "widget": widget,
        "inbox": widget.inbox,
        "form": form,
        "secret": secret,
        "proactive": widget.proactive.all(),
        "tag": f'<script async src="{settings.PUBLIC_URL}/widget/{widget.key}.js"></script>',
    }
    return render(request, "livechat/inbox.html", context, status=status_of(form))
