from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_day_in_browser")]

    operations = [
        migrations.AlterModelOptions(
            name="ticket",
            options={
                "permissions": [
                    ("view_all_ticket", "Can see the tickets of all teams"),
                    ("reply_ticket", "Can answer customers"),
                    ("note_ticket", "Can write notes"),
                    ("reopen_closed_ticket", "Can reopen closed tickets"),
                    ("curate_tags", "Can rename, merge and delete tags"),
                ]
            },
        ),
    ]
