"""Listeners by the official client of NLB."""

import pytest
from alibabacloud_nlb20220430 import models
from alibabacloud_nlb20220430.client import Client

from tests.factories import make_listener

pytestmark = pytest.mark.django_db


def test_listener_is_shown(nlb: Client) -> None:
    listener = make_listener()
    body = nlb.get_listener_attribute(models.GetListenerAttributeRequest(listener_id=listener.pk)).body
    assert body.listener_id == f"{listener.pk}@{listener.port}"
    assert body.listener_port == listener.port


def test_listener_is_started_by_a_job_that_ends(nlb: Client) -> None:
    listener = make_listener()
    job = nlb.start_listener(models.StartListenerRequest(listener_id=f"{listener.pk}@443")).body.job_id
    assert nlb.get_job_status(models.GetJobStatusRequest(job_id=job)).body.status == "Succeeded"
