"""The roles as groups; what each may do is in accounts/roles.py."""

from django.db import migrations

ROLES = ("administrator", "editor", "moderator", "outreach", "viewer")


def create(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for role in ROLES:
        group.objects.get_or_create(name=role)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
