from django.contrib import admin
from guardian.admin import GuardedModelAdminMixin

from connectors.models import Brand, Inbox
from core.backoffice import RecordedAdmin


@admin.register(Brand)
class BrandAdmin(RecordedAdmin):
    """Keys are made on the brand's own page and shown on none."""

    list_display = ["name"]
    exclude = ["dkim_key"]


@admin.register(Inbox)
class InboxAdmin(GuardedModelAdminMixin, RecordedAdmin):
    """Doors. Credentials are written on the mailbox's own page and shown on none."""

    list_display = ["name", "kind", "address", "team", "is_active", "healthy_at", "problem"]
    exclude = ["credentials"]
