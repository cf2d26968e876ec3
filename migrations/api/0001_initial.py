import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, help_text='What it is used for', max_length=100)),
                ('digest', models.CharField(editable=False, help_text='SHA-256 of the token, in hex', max_length=64, unique=True)),
                ('read_only', models.BooleanField(default=False, help_text='It may read what its user may read, and change nothing')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('expires_at', models.DateTimeField(blank=True, help_text='Refused from then on; empty: never', null=True)),
                ('last_used_at', models.DateTimeField(editable=False, help_text='To the hour: not every request writes', null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'API token',
                'db_table': 'api_token',
                'ordering': ['-pk'],
            },
        ),
    ]
