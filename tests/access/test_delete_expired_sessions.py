import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from access.tasks import delete_expired_sessions


@pytest.mark.django_db
def test_only_sessions_that_have_ended_are_deleted() -> None:
    now = timezone.now()
    for key, days in (("ended", -1), ("open", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + dt.timedelta(days=days))
    delete_expired_sessions()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
