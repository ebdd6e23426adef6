import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('authorities', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Responder',
            fields=[
                ('authority', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='responder', serialize=False, to='authorities.authority')),
                ('certificate_pem', models.TextField()),
                ('key', models.BinaryField()),
                ('not_after', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.AddField(
            model_name='issuedcertificate',
            name='purpose',
            field=models.CharField(default='', max_length=8),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='issuedcertificate',
            name='sha256',
            field=models.CharField(db_index=True, default='', max_length=64),
            preserve_default=False,
        ),
    ]
