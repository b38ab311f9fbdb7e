from django.contrib import admin

from accounts.models import ApiToken, Team, User
from core.backoffice import RecordedAdmin


@admin.register(User)
class UserAdmin(RecordedAdmin):
    list_display = ["name", "email", "is_active", "last_login"]
    list_filter = ["groups", "teams", "is_active"]
    search_fields = ["name", "email"]
    filter_horizontal = ["groups", "teams"]
    readonly_fields = ["last_login", "date_joined"]
    # A new colleague sets a password by "Forgot password"; nobody is made superuser here.
    exclude = ["password", "user_permissions", "is_superuser"]


@admin.register(Team)
class TeamAdmin(RecordedAdmin):
    list_display = ["name"]
    search_fields = ["name"]


@admin.register(ApiToken)
class ApiTokenAdmin(RecordedAdmin):
    """Tokens are made by `manage.py create_token`; here they are seen and revoked."""

    list_display = ["user", "label", "created_at", "revoked_at"]
    readonly_fields = ["user", "label", "created_at"]
    exclude = ["digest"]

    def has_add_permission(self, request: object) -> bool:
        return False
