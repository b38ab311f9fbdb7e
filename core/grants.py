"""What the application's login may do: everything, but alter what is append-only."""

from django.apps import apps
from django.db import connection, models

from core.owner import application_role


def append_only_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "append_only", False)]


def grant_rights() -> None:
    """Run with the owner's login after each migration."""
    role = connection.ops.quote_name(application_role())
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == application_role():
            return  # one login for both: `up` refuses that, a developer's shell may not
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        cursor.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
        )
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
        tables = [connection.ops.quote_name(m._meta.db_table) for m in append_only_models()]
        cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(tables)} FROM {role}")
        cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}")
