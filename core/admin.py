from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from core.lanes import retry_failed
from core.models import Reaction


@admin.register(Reaction)
class ReactionAdmin(ModelAdmin):
    """Work that waits or has failed. Failed work is repeated once its cause is mended."""

    list_display = ["name", "lane", "state", "attempts", "next_at", "error"]
    list_filter = ["state", "lane", "name"]
    actions = ["try_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.is_superuser) and obj is None

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.action(description="Try again")
    def try_again(self, request: HttpRequest, reactions: "QuerySet[Reaction]") -> None:
        for reaction in reactions:
            retry_failed(reaction)
