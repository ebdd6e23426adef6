"""Bring the limits, with the defaults of the cloud's documents, and the indexes of the listener list."""

from django.db import migrations, models

QUOTAS = (
    ("nlb_quota_loadbalancers_num", 60, "Load balancers in one region"),
    ("nlb_quota_loadbalancer_listeners_num", 50, "Listeners of one load balancer"),
    ("nlb_quota_loadbalancer_certificates_num", 25, "Additional certificates of one load balancer"),
    ("nlb_quota_loadbalancer_noeci_servers_num", 400, "Servers behind one load balancer"),
    ("nlb_quota_servergroups_num", 3000, "Server groups"),
    ("nlb_quota_servergroup_noeci_servers_num", 400, "Servers of one server group"),
    ("nlb_quota_server_added_num", 200, "Server groups that one server can be in"),
    ("nlb_call_additional_certificates_num", 15, "Additional certificates added or removed in one operation"),
    ("nlb_call_servers_num", 200, "Servers added in one operation"),
)


def add_quotas(apps, schema_editor):
    quota = apps.get_model("listeners", "Quota")
    for name, limit, description in QUOTAS:
        quota.objects.get_or_create(name=name, defaults={"limit": limit, "description": description})


def remove_quotas(apps, schema_editor):
    apps.get_model("listeners", "Quota").objects.filter(name__in=[name for name, _, _ in QUOTAS]).delete()


class Migration(migrations.Migration):
    dependencies = [("listeners", "0001_initial")]

    operations = [
        migrations.AddIndex("Listener", models.Index(fields=["port"], name="listener_port")),
        migrations.AddIndex("Server", models.Index(fields=["address"], name="server_address")),
        migrations.RunPython(add_quotas, remove_quotas),
    ]
