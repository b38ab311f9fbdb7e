"""Reading behind running transactions, on a server that other workers use as well."""

from django.db import connection


def settle() -> None:
    """Until everything committed lies behind the horizon of running transactions, which other
    workers' tests on the same server hold up as long as they last."""
    with connection.cursor() as cursor:
        for _ in range(1500):
            cursor.execute(
                "SELECT coalesce(max(xid) < pg_snapshot_xmin(pg_current_snapshot()), true)"
                " FROM core_event"
            )
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.02)")
    raise AssertionError("Some transaction on the server has been running for 30 seconds.")
