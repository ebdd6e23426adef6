"""Checking a listener that does not exist: it is named, and so is where its id is to be found."""

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.django_db
def test_an_unknown_listener_is_named_with_the_way_out() -> None:
    with pytest.raises(CommandError, match=r"no listener lsn-nope\. The load balancer's page shows the ids"):
        call_command("checklisteners", "lsn-nope")
