from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('authorities', '0003_authorities_that_exist'),
    ]

    operations = [
        migrations.AlterField(
            model_name='authority',
            name='crl_hours',
            field=models.PositiveIntegerField(default=168),
        ),
    ]
