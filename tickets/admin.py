from django.contrib import admin

from core.backoffice import RecordedAdmin
from tickets.models import Status


@admin.register(Status)
class StatusAdmin(RecordedAdmin):
    """Names for steps; what a step means is its category, which is fixed."""

    list_display = ["name", "customer_name", "category", "position", "is_default"]
