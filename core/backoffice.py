"""The admins' back office: what it changes is in the audit like everything else."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from core.events import record


def _actor(request: HttpRequest) -> models.Model:
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


class RecordedAdmin(ModelAdmin):
    """Records one event per change, naming the fields and never their values."""

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            record(
                "setting.changed" if change else "setting.added",
                subject=obj,
                actor=_actor(request),
                fields=list(form.changed_data),
            )

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        with transaction.atomic():
            record("setting.removed", subject=obj, actor=_actor(request))
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "models.QuerySet[Any]") -> None:
        for obj in queryset:
            self.delete_model(request, obj)
