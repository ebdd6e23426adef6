"""Give every installation the rules that it had in effect: everyone is told of everything."""

from django.db import migrations

from alerts.migrations._first_rules import lay_first_rules


class Migration(migrations.Migration):
    dependencies = [("alerts", "0005_rules_and_people")]

    operations = [migrations.RunPython(lay_first_rules, migrations.RunPython.noop)]
