"""What every request goes through: addresses, parameters, forms of answers, dry runs, tokens."""

import datetime as dt
import json

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.access_keys import NewAccessKey
from cloudapi.models import CloudExtra, Job, TokenAnswer, UsedNonce
from cloudapi.tasks import forget_answers
from events.models import Change
from listeners.limits import set_quota
from listeners.models import Listener, LoadBalancer, ServerGroup
from tests.cloudapi.signing import ask_v1, ask_v3, told, v1_parameters, v3_headers
from tests.factories import OPERATOR, make_listener, make_load_balancer

pytestmark = pytest.mark.django_db
GROUP = {"Action": "CreateServerGroup", "ServerGroupName": "group", "VpcId": "vpc"}


def test_browsers_still_get_the_console(client: Client, admin_user: User) -> None:
    assert client.get("/").status_code == 302
    client.force_login(admin_user)
    assert client.get("/")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("query", [{"Action": "ListListeners"}, {"AccessKeyId": "x"}, {"Signature": "x"}])
def test_unsigned_request_gets_an_answer_of_the_cloud(client: Client, query: dict[str, str]) -> None:
    answer = client.get("/", query)
    body = answer.json()
    assert (answer.status_code, body["Code"]) == (400, "MissingParameter")
    assert set(body) == {"RequestId", "HostId", "Code", "Message"}
    assert body["RequestId"] == body["RequestId"].upper() == answer["x-acs-request-id"]


def test_other_methods_are_refused(client: Client, access_key: NewAccessKey) -> None:
    answer = client.put("/", headers=v3_headers(access_key, {}))
    assert told(answer) == (403, "UnsupportedHTTPMethod")


def test_unknown_operation_is_refused(client: Client, access_key: NewAccessKey) -> None:
    assert told(ask_v1(client, access_key, Action="Dance")) == (403, "InvalidAction")
    assert told(ask_v1(client, access_key, Action="")) == (400, "MissingParameter")


def test_answer_is_xml_where_it_is_asked_for(client: Client, access_key: NewAccessKey) -> None:
    make_listener(name="a,b")
    answer = ask_v1(client, access_key, Format="XML")
    assert answer["Content-Type"] == "text/xml;charset=utf-8"
    assert b"<ListListenersResponse><RequestId>" in answer.content
    assert b"<ListenerDescription>a,b</ListenerDescription>" in answer.content
    refused = ask_v1(client, access_key, Format="XML", MaxResults="x")
    assert refused.content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><RequestId>')
    assert b"<Code>IllegalParam.MaxResults</Code>" in refused.content


BAD_PARAMETERS = [
    ({"Nonsense": "1"}, "IllegalParam.Nonsense"),
    ({"Listenerids.1": "x"}, "IllegalParam.Listenerids.1"),
    ({"MaxResults": "ten"}, "IllegalParam.MaxResults"),
    ({"MaxResults": "1e3"}, "IllegalParam.MaxResults"),
    ({"MaxResults": "101"}, "IllegalParam.MaxResults"),
    ({"MaxResults": "9" * 30}, "IllegalParam.MaxResults"),
    ({"MaxResults.1": "5"}, "IllegalParam.MaxResults.1"),
    ({"ListenerIds": "x"}, "IllegalParam.ListenerIds"),
    ({"ListenerIds.0": "x"}, "IllegalParamSize.ListenerIds"),
    ({"ListenerIds.-1": "x"}, "IllegalParamSize.ListenerIds"),
    ({"ListenerIds.01": "x"}, "IllegalParamSize.ListenerIds"),
    ({"ListenerIds.1000000": "x"}, "IllegalParamSize.ListenerIds"),
    ({"ListenerIds.21": "x"}, "IllegalParamSize.ListenerIds"),
    ({"ListenerIds.1": "x", "ListenerIds.3": "y"}, "IllegalParam.ListenerIds"),
    ({"ListenerIds.1.Deep": "x"}, "IllegalParam.ListenerIds.1.Deep"),
    ({"ListenerIds." + "1." * 50: "x"}, "IllegalParam.ListenerIds." + "1." * 34),
    ({"ListenerIds": "[" * 5000}, "IllegalParam.ListenerIds"),
    ({"ListenerIds": '["a"]', "ListenerIds.1": "b"}, "IllegalParam.ListenerIds.1"),
    ({"Tag.1.Key": "k", "Tag.1.Colour": "v"}, "IllegalParam.Tag.1.Colour"),
    ({"ListenerProtocol": "SCTP"}, "IllegalParam.ListenerProtocol"),
    ({"NextToken": "nowhere"}, "IllegalParam.NextToken"),
    ({"ListenerProtocol": "T\0CP"}, "IllegalParam.ListenerProtocol"),
]


@pytest.mark.parametrize(("given", "code"), BAD_PARAMETERS)
def test_wrong_parameter_is_refused_by_its_name(
    client: Client, access_key: NewAccessKey, given: dict[str, str], code: str
) -> None:
    answer = ask_v1(client, access_key, **given)
    assert (answer.status_code, answer.json()["Code"]) == (400, code.rstrip("."))


def test_lists_and_structs_are_taken_as_json(client: Client, access_key: NewAccessKey) -> None:
    listener = make_listener()
    answer = ask_v1(client, access_key, ListenerIds=json.dumps([listener.pk]))
    assert answer.json()["TotalCount"] == 1


@pytest.mark.parametrize("query", ["Action=A&Action=B", "Action=%FF", "&".join(f"a{n}=1" for n in range(5001))])
def test_unreadable_query_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"/?Action=x&{query}" if query.startswith("a0") else f"/?{query}")
    assert told(answer) == (400, "InvalidParameter")


@pytest.mark.parametrize("body", [b'{"a": 1}', b"\xff\xfe", b"a=%FF", b"x" * 4_000_001])
def test_unreadable_body_is_refused(client: Client, access_key: NewAccessKey, body: bytes) -> None:
    status, code = told(ask_v3(client, v3_headers(access_key, {}, body), {}, body))
    assert (status, code.partition(".")[0]) in {(400, "InvalidParameter"), (400, "IllegalParam")}


def test_html_in_a_name_is_told_as_text(client: Client, access_key: NewAccessKey) -> None:
    answer = ask_v1(client, access_key, **{**GROUP, "ServerGroupName": "<script>"})
    assert answer.json()["Code"] == "IllegalParam.ServerGroupName"
    assert answer["Content-Type"] == "application/json;charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_dry_run_checks_and_does_nothing(client: Client, access_key: NewAccessKey) -> None:
    assert told(ask_v1(client, access_key, DryRun="true", **GROUP)) == (400, "DryRunOperation")
    wrong = {**GROUP, "ServerGroupName": "1"}
    assert told(ask_v1(client, access_key, DryRun="true", **wrong)) == (400, "IllegalParam.ServerGroupName")
    assert told(ask_v1(client, access_key, DryRun="maybe", **GROUP)) == (400, "IllegalParam.DryRun")
    assert not ServerGroup.objects.exists()
    assert not Job.objects.exists()


def test_same_token_gets_the_same_answer_and_does_nothing_twice(client: Client, access_key: NewAccessKey) -> None:
    first = ask_v1(client, access_key, ClientToken="once", **GROUP).json()
    second = ask_v1(client, access_key, ClientToken="once", **GROUP).json()
    assert first["ServerGroupId"] == second["ServerGroupId"]
    assert first["JobId"] == second["JobId"]
    assert ServerGroup.objects.count() == 1


def test_same_token_with_other_parameters_is_refused(client: Client, access_key: NewAccessKey) -> None:
    ask_v1(client, access_key, ClientToken="once", **GROUP)
    other = {**GROUP, "ServerGroupName": "other"}
    assert told(ask_v1(client, access_key, ClientToken="once", **other)) == (400, "IdempotenceSignatureMismatch")


def test_token_of_a_refused_request_is_free_again(client: Client, access_key: NewAccessKey) -> None:
    wrong = {**GROUP, "ServerGroupName": "1"}
    assert told(ask_v1(client, access_key, ClientToken="once", **wrong))[0] == 400
    assert ask_v1(client, access_key, ClientToken="once", **GROUP).status_code == 200


def test_token_is_forgotten_after_a_day(client: Client, access_key: NewAccessKey) -> None:
    ask_v1(client, access_key, ClientToken="once", **GROUP)
    TokenAnswer.objects.update(until=timezone.now())
    other = {**GROUP, "ServerGroupName": "other"}
    assert ask_v1(client, access_key, ClientToken="once", **other).status_code == 200


@pytest.mark.parametrize("token", ["x" * 65, "ü"])
def test_wrong_token_is_refused(client: Client, access_key: NewAccessKey, token: str) -> None:
    assert told(ask_v1(client, access_key, ClientToken=token, **GROUP)) == (400, "IllegalParam.ClientToken")


def test_object_of_another_region_is_not_found(client: Client, access_key: NewAccessKey) -> None:
    balancer = make_load_balancer(region="cn-beijing")
    ask = {"Action": "GetLoadBalancerAttribute", "LoadBalancerId": balancer.pk}
    assert ask_v1(client, access_key, **ask).status_code == 200
    assert told(ask_v1(client, access_key, RegionId="cn-hangzhou", **ask)) == (404, "ResourceNotFound.loadBalancer")


def test_object_of_another_product_is_not_found(client: Client, access_key: NewAccessKey) -> None:
    listener = make_listener(product="ALB", protocol="HTTP")
    ask = {"Action": "DeleteListener", "ListenerId": listener.pk}
    assert told(ask_v1(client, access_key, **ask)) == (404, "ResourceNotFound.listener")
    assert Listener.objects.exists()


def test_quota_is_told_by_its_name(client: Client, access_key: NewAccessKey) -> None:
    set_quota(OPERATOR, "nlb_quota_servergroups_num", 0)
    expected = (400, "QuotaExceeded.nlb_quota_servergroups_num")
    assert told(ask_v1(client, access_key, **GROUP)) == expected


def test_what_breaks_is_answered_without_a_traceback_or_a_query(
    client: Client, access_key: NewAccessKey, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:  # taken back with the test's transaction
        cursor.execute("ALTER TABLE listeners_listener RENAME TO listeners_gone")
    answer = ask_v1(client, access_key, MaxResults="17", ListenerProtocol="TCP")
    assert told(answer) in {(503, "ServiceUnavailable"), (500, "InternalError")}  # as the database has it
    assert "listeners_listener" not in answer.content.decode()
    assert "listeners_listener" in caplog.text
    assert "ListenerProtocol" not in caplog.text


def test_change_is_told_with_its_maker_and_interface(client: Client, access_key: NewAccessKey) -> None:
    ask_v1(client, access_key, **GROUP)
    change = Change.objects.get(kind="server_group.created")
    assert (change.actor_name, change.actor_via) == ("admin", "cloud")


def test_what_is_kept_goes_with_its_object(client: Client, access_key: NewAccessKey) -> None:
    group_id = ask_v1(client, access_key, **GROUP).json()["ServerGroupId"]
    assert CloudExtra.objects.get().values == {"VpcId": "vpc"}
    ask_v1(client, access_key, Action="DeleteServerGroup", ServerGroupId=group_id)
    assert not CloudExtra.objects.exists()
    assert not LoadBalancer.objects.exists()


def test_parameters_of_v1_are_sent_once(client: Client, access_key: NewAccessKey) -> None:
    parameters = v1_parameters(access_key)
    answer = client.generic(
        "POST", "/", "Version=2022-04-30", "application/x-www-form-urlencoded", query_params=parameters
    )
    assert told(answer) == (400, "InvalidParameter")


def test_what_nobody_can_ask_for_is_forgotten(client: Client, access_key: NewAccessKey) -> None:
    ask_v1(client, access_key, ClientToken="once", **GROUP)
    forget_answers()
    assert (UsedNonce.objects.count(), TokenAnswer.objects.count(), Job.objects.count()) == (1, 1, 1)
    with time_machine.travel(timezone.now() + dt.timedelta(days=2), tick=False):
        forget_answers()
    assert (UsedNonce.objects.count(), TokenAnswer.objects.count(), Job.objects.count()) == (0, 0, 0)
