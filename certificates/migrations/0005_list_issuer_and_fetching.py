from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certificates", "0004_tags_requests_revocation")]

    operations = [
        migrations.AddField(
            "revocationlist",
            "issuer_spki_sha256",
            models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            "revocationlist", "etag", models.CharField(blank=True, default="", max_length=300), preserve_default=False
        ),
        migrations.AddField(
            "revocationlist",
            "last_modified",
            models.CharField(blank=True, default="", max_length=100),
            preserve_default=False,
        ),
        migrations.AddField("revocationlist", "failures", models.PositiveIntegerField(default=0)),
        migrations.AddConstraint(
            "revocationlist",
            models.UniqueConstraint(
                fields=("certificate", "issuer_spki_sha256"),
                name="list_once_an_issuer",
                condition=~models.Q(issuer_spki_sha256=""),
            ),
        ),
    ]
