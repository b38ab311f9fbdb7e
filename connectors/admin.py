from django.contrib import admin
from guardian.admin import GuardedModelAdminMixin

from connectors.models import Brand, Inbox
from core.backoffice import RecordedAdmin


@admin.register(Brand)
class BrandAdmin(RecordedAdmin):
    list_display = ["name"]


@admin.register(Inbox)
class InboxAdmin(GuardedModelAdminMixin, RecordedAdmin):
    """Doors. Credentials are written here and never shown again."""

    list_display = ["name", "kind", "address", "team", "is_active", "healthy_at", "problem"]
    exclude = ["credentials"]
