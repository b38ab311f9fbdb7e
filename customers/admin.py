from django.contrib import admin

from core.backoffice import RecordedAdmin
from customers.models import Notice, Purpose, Tier


@admin.register(Tier)
class TierAdmin(RecordedAdmin):
    list_display = ["name", "code", "priority", "team", "is_default"]


@admin.register(Purpose)
class PurposeAdmin(RecordedAdmin):
    list_display = ["name", "code", "basis", "needs_separate_consent"]


@admin.register(Notice)
class NoticeAdmin(RecordedAdmin):
    """What was published is read here and never changed."""

    list_display = ["purpose", "version", "locale", "published_at"]
    exclude = ["sha256"]

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False
