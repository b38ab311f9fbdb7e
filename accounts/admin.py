from django.contrib import admin
from django.contrib.auth import admin as auth_admin  # noqa: F401  registers what is taken away here
from django.contrib.auth.models import Group

from accounts.models import ApiToken, Team, User
from core.backoffice import RecordedAdmin

# Roles are made in the settings, where nobody gives what they have not.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(RecordedAdmin):
    list_display = ["name", "email", "is_active", "last_login"]
    list_filter = ["groups", "teams", "is_active"]
    search_fields = ["name", "email"]
    readonly_fields = ["last_login", "date_joined"]
    # Who may do what and works where is set in the settings, which keep the rules and tell sockets.
    exclude = [
        "password",
        "user_permissions",
        "is_superuser",
        "groups",
        "teams",
        "is_active",
        "is_staff",
    ]


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
