from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_day_in_browser")]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [
                    ("view_as_user", "Can see, without acting, what somebody else sees")
                ],
                "verbose_name": "user",
            },
        ),
    ]
