"""Custom TLS security policies: what they may ask for, and who may use them."""

import datetime as dt

import pytest
from django.utils import timezone

from console.errors import ConflictError, InvalidInputError, NotFoundError, StaleError
from events.models import Change
from listeners import selectors, services
from listeners.cipher_suites import ALLOWED_CIPHERS, SM2_CIPHER, VERSIONS
from listeners.limits import set_quota
from listeners.models import Listener, ObservedHandshake, SecurityPolicy
from listeners.tls_policies import POLICIES
from tests import factories
from tests.factories import OPERATOR
from tests.listeners.conftest import Call

pytestmark = pytest.mark.django_db

MODERN = ["TLSv1.2", "TLSv1.3"]
SUITES = ["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"]


def make_policy(**fields: object) -> SecurityPolicy:
    values = {"name": factories.unique("policy"), "versions": MODERN, "ciphers": SUITES, **fields}
    return services.create_security_policy(OPERATOR, **values)  # type: ignore[arg-type]


def code_of(**fields: object) -> tuple[str, str]:
    with pytest.raises(InvalidInputError) as caught:
        make_policy(**fields)
    assert caught.value.way_out
    return caught.value.code, caught.value.field


def test_a_policy_keeps_the_order_of_its_suites_and_sorts_its_versions() -> None:
    row = make_policy(name=" mine ", versions=["TLSv1.3", "TLSv1.2"])
    assert (row.name, row.versions, row.ciphers, row.region) == ("mine", MODERN, SUITES, "cn-hangzhou")
    assert Change.objects.get(object_id=row.pk).summary == "mine in cn-hangzhou: TLSv1.2, TLSv1.3"


def test_every_suite_and_version_can_be_asked_for_at_once() -> None:
    policy = selectors.policy_of_row(make_policy(versions=list(VERSIONS), ciphers=list(ALLOWED_CIPHERS)))
    assert len(policy.ciphers) == 26
    assert len(policy.offered_ciphers) == 20
    assert policy.offered_versions == VERSIONS


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": "  "}, "name-invalid", "name"),
        ({"name": "p" * 201}, "name-invalid", "name"),
        ({"name": "a\nb"}, "name-invalid", "name"),
        ({"versions": []}, "version-missing", "versions"),
        ({"versions": ["SSLv3"]}, "version-unknown", "versions"),
        ({"versions": ["TLSv1.0", "TLSv1.2"], "ciphers": ["AES128-SHA"]}, "versions-gap", "versions"),
        ({"ciphers": []}, "version-without-cipher", "ciphers"),
        ({"ciphers": ["RC4-SHA"]}, "cipher-unknown", "ciphers"),
        ({"ciphers": [*SUITES, SM2_CIPHER]}, "cipher-sm2", "ciphers"),
        ({"ciphers": [*SUITES, SUITES[0]]}, "cipher-twice", "ciphers"),
        ({"ciphers": SUITES[1:]}, "version-without-cipher", "ciphers"),
        ({"ciphers": ["TLS_AES_128_CCM_SHA256", *SUITES[1:]]}, "version-without-cipher", "ciphers"),
        ({"versions": ["TLSv1.2"], "ciphers": ["AES128-SHA256", "AES256-SHA256"]}, "version-without-cipher", "ciphers"),
        ({"versions": ["TLSv1.2"]}, "cipher-without-version", "ciphers"),
        ({"versions": ["TLSv1.1"], "ciphers": ["AES128-GCM-SHA256"]}, "cipher-without-version", "ciphers"),
        ({"versions": ["TLSv1.1", "TLSv1.2"], "ciphers": SUITES[1:]}, "version-without-cipher", "ciphers"),
    ],
)
def test_what_cannot_be_served_is_refused(fields: dict[str, object], code: str, field: str) -> None:
    assert code_of(**fields) == (f"security-policy.{code}", field)
    assert not SecurityPolicy.objects.exists()


def test_a_name_is_taken_once_in_a_region() -> None:
    first = make_policy(name="mine")
    assert make_policy(name="mine", region="eu-1").pk != first.pk
    with pytest.raises(ConflictError, match="taken"):
        make_policy(name="mine")
    other = make_policy(name="other")
    with pytest.raises(ConflictError, match="taken"):
        services.update_security_policy(OPERATOR, other.pk, name="mine")


def test_a_region_has_no_more_policies_than_its_quota() -> None:
    set_quota(OPERATOR, "alb_quota_security_policies_num", 1)
    make_policy()
    with pytest.raises(ConflictError, match="1 are allowed"):
        make_policy()
    make_policy(region="eu-1")


def test_a_change_counts_the_revision_and_says_what_moved() -> None:
    row = make_policy()
    services.update_security_policy(
        OPERATOR, row.pk, expected_revision=1, versions=["TLSv1.2"], ciphers=[SUITES[1], "AES128-SHA"]
    )
    assert Change.objects.filter(kind="security_policy.updated").get().summary == (
        "Versions: -TLSv1.3; Cipher suites: +AES128-SHA -TLS_AES_128_GCM_SHA256"
    )
    with pytest.raises(StaleError):
        services.update_security_policy(OPERATOR, row.pk, expected_revision=1, name="late")
    with pytest.raises(InvalidInputError):  # what is kept of it is judged with what changes
        services.update_security_policy(OPERATOR, row.pk, versions=["TLSv1.3"])


def test_a_listener_takes_a_policy_of_its_region_and_then_it_cannot_be_deleted() -> None:
    row = make_policy()
    listener = factories.make_listener(security_policy=row.pk)
    assert selectors.policy_of(listener) == selectors.policy_of_row(row)
    with pytest.raises(ConflictError) as caught:
        services.delete_security_policy(OPERATOR, row.pk)
    assert caught.value.code == "security-policy.in-use"
    services.update_listener(OPERATOR, listener.pk, security_policy="tls_cipher_policy_1_2")
    services.delete_security_policy(OPERATOR, row.pk)
    with pytest.raises(NotFoundError):
        selectors.security_policy_by_id(row.pk)


def test_a_policy_has_no_more_listeners_than_its_quota() -> None:
    set_quota(OPERATOR, "alb_quota_security_policy_listeners_num", 1)
    row = make_policy()
    listener = factories.make_listener(security_policy=row.pk)
    with pytest.raises(ConflictError, match="1 listeners already"):
        factories.make_listener(security_policy=row.pk)
    assert Listener.objects.count() == 1
    services.update_listener(OPERATOR, listener.pk, security_policy=row.pk, name="still")


HTTPS = {"protocol": "HTTPS", "port": 8443}
NEEDED = "tls_cipher_policy_1_2_strict_with_1_3"
EXTENDED = "tls_cipher_policy_1_0_to_1_3"


@pytest.mark.parametrize(
    ("kind", "policy", "code", "instead"),
    [
        (("NLB", ""), EXTENDED, "listener.policy-not-offered", NEEDED),
        (("ALB", "Basic"), EXTENDED, "listener.policy-not-offered", NEEDED),
        (("ALB", "Extended"), NEEDED, "listener.policy-not-offered", EXTENDED),
        (("ALB", "Extended"), "custom", "listener.policy-not-custom", EXTENDED),
        (("ALB", "Basic"), "custom", "listener.policy-not-custom", NEEDED),
        (("CLB", ""), "custom", "listener.policy-not-custom", NEEDED),
        (("NLB", ""), "elsewhere", "listener.policy-region", "cn-hangzhou"),
        (("NLB", ""), "tls-0000000000000000", "listener.policy-unknown", NEEDED),
        (("NLB", ""), "nul\0", "listener.policy-unknown", NEEDED),
    ],
)
def test_a_policy_that_a_listener_cannot_have_is_refused_with_the_nearest_legal_one(
    kind: tuple[str, str], policy: str, code: str, instead: str
) -> None:
    made = {"custom": make_policy(), "elsewhere": make_policy(region="eu-1")}
    balancer = factories.make_load_balancer(product=kind[0], edition=kind[1])
    wanted = made[policy].pk if policy in made else policy
    protocol = "TCPSSL" if kind[0] == "NLB" else "HTTPS"
    with pytest.raises(InvalidInputError) as caught:
        factories.make_listener(load_balancer_id=balancer.pk, protocol=protocol, security_policy=wanted)
    assert (caught.value.code, caught.value.field) == (code, "security_policy")
    assert instead in caught.value.way_out


def seen(listener: Listener, version: str, cipher: str, *, days_ago: int = 0, connections: int = 1) -> None:
    now = timezone.now() - dt.timedelta(days=days_ago)
    ObservedHandshake.objects.create(
        listener=listener,
        node=f"node-{days_ago}",
        day=now.date(),
        version=version,
        cipher=cipher,
        connections=connections,
        last_client=f"192.0.2.{days_ago}",
        last_seen_at=now,
    )


def test_the_clients_of_a_week_are_judged_by_version_and_suite() -> None:
    listener = factories.make_listener()
    seen(listener, "TLSv1.3", "TLS_AES_128_GCM_SHA256", connections=5)
    seen(listener, "TLSv1.2", "AES128-SHA", connections=2)
    seen(listener, "TLSv1.2", "AES128-SHA", days_ago=6)
    seen(listener, "TLSv1.0", "AES128-SHA", days_ago=1)
    seen(listener, "TLSv1.0", "DES-CBC3-SHA", days_ago=7)
    week = selectors.clients_of_week(POLICIES[NEEDED], [listener])
    told = [(each.version, each.cipher, each.connections, each.lacks, each.last_client) for each in week.seen]
    assert told == [
        ("TLSv1.0", "AES128-SHA", 1, "version", "192.0.2.1"),
        ("TLSv1.2", "AES128-SHA", 3, "cipher", "192.0.2.0"),
        ("TLSv1.3", "TLS_AES_128_GCM_SHA256", 5, "", "192.0.2.0"),
    ]
    assert (week.connections, week.refused_connections) == (9, 4)


def test_rest_creates_changes_and_deletes_policies(rest: Call) -> None:
    answer = rest("POST", "/security-policies", {"name": "mine", "versions": MODERN, "ciphers": SUITES})
    assert (answer.status_code, answer["ETag"]) == (201, '"1"')
    created = answer.json()
    assert created["added_ciphers"] == ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
    assert [warning["code"] for warning in created["warnings"]] == ["security-policy.ciphers-added"]
    path = f"/security-policies/{created['id']}"
    changed = rest("PATCH", path, {"ciphers": [*SUITES, "AES128-SHA256"]}, If_Match='"1"').json()
    assert (changed["refused_ciphers"], changed["revision"]) == (["AES128-SHA256"], 2)
    assert rest("PATCH", path, {"name": "x"}, If_Match='"1"').status_code == 412
    assert rest("PATCH", path, {"versions": ["TLSv1.1", "TLSv1.3"]}).json()["code"] == "security-policy.versions-gap"
    assert [each["id"] for each in rest("GET", "/security-policies?q=mine").json()["items"]] == [created["id"]]
    assert rest("GET", "/security-policies?region=eu-1").json()["items"] == []
    assert rest("DELETE", path).status_code == 204
    assert rest("GET", path).json()["code"] == "security-policy.not-found"


def test_rest_lists_the_system_policies_of_each_product(rest: Call) -> None:
    def ids(query: str) -> list[str]:
        return [each["id"] for each in rest("GET", f"/tls-policies{query}").json()["items"]]

    assert ids("") == list(POLICIES)
    assert ids("?product=ALB&edition=Extended") == [EXTENDED]
    extended = rest("GET", "/tls-policies?product=ALB&edition=Extended").json()["items"][0]
    assert extended["offered_versions"] == MODERN  # no suite of it goes with older ones
    assert len(rest("GET", "/tls-policies?product=CLB").json()["items"][0]["ciphers"]) == 13


def test_rest_judges_the_clients_of_a_listener(rest: Call) -> None:
    listener = factories.make_listener()
    seen(listener, "TLSv1.2", "AES128-SHA")
    path = f"/listeners/{listener.pk}/clients-of-week"
    assert rest("GET", path).json()["refused_connections"] == 0
    strict = rest("GET", f"{path}?security_policy={NEEDED}").json()
    assert (strict["refused_connections"], strict["seen"][0]["reason"]) == (1, "cipher")
    assert rest("GET", f"{path}?security_policy=none").status_code == 404
