"""Load balancers, listeners, rules and what is observed of them, in one step for a new database."""

from django.db import migrations

from console.creating import CreateModels
from listeners.migrations import _quotas
from listeners.migrations._tables.balancers import BALANCERS
from listeners.migrations._tables.listeners import LISTENERS
from listeners.migrations._tables.observations import OBSERVATIONS
from listeners.migrations._tables.rules import RULES


class Migration(migrations.Migration):
    replaces = (
        ("listeners", "0001_initial"),
        ("listeners", "0002_quotas"),
        ("listeners", "0003_health_reasons_as_codes"),
        ("listeners", "0004_receipts_not_as_expected"),
        ("listeners", "0005_all_products"),
        ("listeners", "0006_quotas_of_all_products"),
        ("listeners", "0007_domain_extensions_and_options_off"),
        ("listeners", "0008_observe_handshakes"),
        ("listeners", "0009_why_health_checks_fail"),
        ("listeners", "0010_server_groups_of_classic_load_balancers"),
    )
    initial = True
    dependencies = (("certificates", "0008_fill_issuers"),)
    operations = (
        CreateModels(*BALANCERS, *LISTENERS, *RULES, *OBSERVATIONS),
        migrations.RunPython(_quotas.add_all, migrations.RunPython.noop),
    )
