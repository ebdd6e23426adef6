"""Keep more reasons of bad health, and the status that a check was answered with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("listeners", "0008_observe_handshakes"),
    ]

    operations = [
        migrations.AddField(
            model_name="serverhealth",
            name="http_status",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="serverhealth",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("refused", "The health check could not connect."),
                    ("timeout", "The health check got no connection in time."),
                    ("pending", "The first health check is under way."),
                    ("no-check", "The server group has no health check."),
                    ("no-weight", "Weight 0: the server takes no new connections and is not checked."),
                    ("code", "The health check was answered with a code that does not count as healthy."),
                    ("not-serving", "The server said by gRPC that it is not serving."),
                    ("no-tls", "The health check made no TLS connection: refused, or the certificate is not trusted."),
                    ("unresolved", "The host name has no address that the node can find."),
                ],
                max_length=200,
            ),
        ),
    ]
