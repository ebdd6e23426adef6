"""Every list and every page of one object asks the database as often for 15 rows as for 3, and not often."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.models import Channel, Delivery, DeliveryNotice, Scan
from certificates.models import Certificate
from certificates.services import replace_certificate
from events.models import Notice
from listeners import services
from listeners.models import (
    Listener,
    ListenerStatus,
    LoadBalancer,
    NodeStatus,
    Quota,
    ServedReceipt,
    Server,
    ServerGroup,
    ServerHealth,
)
from listeners.services import ServerSpec
from listeners.tls_policies import WIZARD_POLICY
from tests.certs import make_leaf
from tests.factories import (
    OPERATOR,
    make_ca_certificate,
    make_listener,
    make_load_balancer,
    make_server_certificate,
    make_server_group,
)
from tests.listeners.pages import SETTINGS, Wizard

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12
FEW, MANY = 3, 15  # one query a row would be seen, and be more than MOST_QUERIES


class World:
    """One of everything with ``count`` of what belongs to it, and ``count`` of everything."""

    def __init__(self, count: int) -> None:
        Quota.objects.update(limit=10_000)
        self.count = count
        self.balancer: LoadBalancer = make_load_balancer()
        servers = [ServerSpec(f"192.0.2.{number}", 80) for number in range(1, count + 1)]
        self.group: ServerGroup = make_server_group(servers=servers)
        self.authority = make_ca_certificate()
        self.certificates = [make_server_certificate(f"{n}.test", f"www.{n}.test") for n in range(count)]
        self.certificate = self._shared()
        for _ in range(count):  # on no listener, so that there is something to choose
            make_server_certificate("spare.test")
            make_ca_certificate()
        self.listeners = [self._listener() for _ in range(count)]
        self.listener = self.listeners[0]
        ids = [certificate.pk for certificate in self.certificates]
        services.add_additional_certificates(OPERATOR, self.listener.pk, certificate_ids=ids)
        for _ in range(count):
            make_listener(certificate_id=self.certificates[0].pk)
        self._observe()
        self.channel, self.delivery = self._tell()

    def _shared(self) -> Certificate:
        """Return a certificate of several versions."""
        certificate = make_server_certificate("shared.test")
        for _ in range(self.count):
            leaf = make_leaf("shared.test")
            replace_certificate(OPERATOR, certificate.pk, certificate_pem=leaf.chain_pem, private_key_pem=leaf.key_pem)
        return certificate

    def _listener(self) -> Listener:
        return make_listener(
            load_balancer_id=self.balancer.pk,
            server_group_id=self.group.pk,
            certificate_id=self.certificate.pk,
            mutual_authentication=True,
            ca_certificate_id=self.authority.pk,
        )

    def _observe(self) -> None:
        now = timezone.now()
        nodes = [f"node-{self.count}-{number}" for number in range(self.count)]
        NodeStatus.objects.bulk_create(NodeStatus(node=node, pid=1, started_at=now, seen_at=now) for node in nodes)
        problems = [{"code": "rejected", "message": "key values mismatch"}]
        ListenerStatus.objects.bulk_create(
            ListenerStatus(listener=listener, node=node, state="rejected", problems=problems, failures={"other": 1})
            for listener in self.listeners
            for node in nodes[:3]
        )
        ServerHealth.objects.bulk_create(
            ServerHealth(server=server, listener=self.listener, node=node, state="unhealthy", since=now)
            for server in Server.objects.filter(group=self.group)
            for node in nodes[:3]
        )
        ServedReceipt.objects.bulk_create(
            ServedReceipt(listener=listener, node=nodes[0], expected_sha256="0" * 64, is_expected=False, at=now)
            for listener in Listener.objects.all()
        )

    def _tell(self) -> tuple[Channel, Delivery]:
        now = timezone.now()
        channels = Channel.objects.bulk_create(
            Channel(name=f"channel-{self.count}-{n}", kind="email", target="a@b.test", failing_since=now)
            for n in range(self.count)
        )
        deliveries = Delivery.objects.bulk_create(
            Delivery(channel=channels[0], kind="expiry", state="sent", next_attempt_at=now, created_at=now)
            for _ in range(self.count)
        )
        notices = Notice.objects.bulk_create(
            Notice(
                subject_kind="certificate",
                subject_id=certificate.pk,
                generation="1",
                threshold_hours=24,
                subject_name=certificate.name,
                expires_at=now,
                created_at=now,
            )
            for certificate in self.certificates
        )
        DeliveryNotice.objects.bulk_create(
            DeliveryNotice(delivery=deliveries[0], notice=notice, channel=channels[0]) for notice in notices
        )
        Scan.objects.create(started_at=now, finished_at=now + dt.timedelta(seconds=1), requested_by="lbadmin")
        return channels[0], deliveries[0]

    def pages(self) -> dict[str, str]:
        """Return where every list and every page of one object is, by a word that does not depend on the rows."""
        return {
            **{path: path for path in LISTS},
            **{path: path.format(self=self) for path in DETAILS},
            **{f"/api/v1{path}": f"/api/v1{path.format(self=self)}" for path in REST},
        }


LISTS = (
    "/",
    "/certificates/",
    "/certificates/?q=test",
    "/certificates/?q=www.1.test",
    "/certificates/?kind=server&state=expiring&within_days=90",
    "/certificates/?covers=www.1.test&owner=web&tag=env&hint=any",
    "/certificates/?use=unused&issuer=test&algorithm=RSA",
    "/quotas/",
    "/instances/",
    "/instances/?q=balancer",
    "/server-groups/",
    "/server-groups/?q=192.0.2.1",
    "/listeners/choices/certificate_ids/?certificate_ids_search=test",
    "/listeners/choices/server_group_id/?server_group_id_search=192.0.2.1",
    "/alerts/",
    "/alerts/channels/",
    "/alerts/deliveries/",
    "/changes/",
    "/changes/?who=alice&type=listener",
    "/nodes/",
    "/search/?q=test",
    "/search/?q=1",
)
DETAILS = (
    "/certificates/{self.certificate.pk}/",
    "/certificates/{self.authority.pk}/",
    "/certificates/{self.certificate.pk}/replace/",
    "/certificates/{self.certificate.pk}/roll-back/",
    "/certificates/{self.certificate.pk}/edit/",
    "/certificates/{self.certificate.pk}/export/",
    "/certificates/{self.certificate.pk}/delete/",
    "/instances/{self.balancer.pk}/",
    "/instances/{self.balancer.pk}/details/",
    "/instances/{self.balancer.pk}/changes/",
    "/instances/{self.balancer.pk}/edit/",
    "/instances/{self.balancer.pk}/delete/",
    "/listeners/{self.listener.pk}/",
    "/listeners/{self.listener.pk}/live/",
    "/listeners/{self.listener.pk}/changes/",
    "/listeners/{self.listener.pk}/edit/",
    "/listeners/{self.listener.pk}/stop/",
    "/listeners/{self.listener.pk}/delete/",
    "/listeners/{self.listener.pk}/certificates/",
    "/listeners/{self.listener.pk}/certificates/change/",
    "/listeners/{self.listener.pk}/certificates/add/",
    "/listeners/{self.listener.pk}/certificates/remove/?certificate_ids={self.certificates[0].pk}",
    "/listeners/{self.listener.pk}/ca-certificate/",
    "/listeners/{self.listener.pk}/ca-certificate/change/",
    "/server-groups/{self.group.pk}/",
    "/server-groups/{self.group.pk}/live/",
    "/server-groups/{self.group.pk}/edit/",
    "/server-groups/{self.group.pk}/delete/",
    "/alerts/channels/{self.channel.pk}/",
    "/alerts/channels/{self.channel.pk}/delete/",
    "/alerts/deliveries/{self.delivery.key}/",
)
REST = (
    "/certificates",
    "/certificates?q=test",
    "/certificates/{self.certificate.pk}",
    "/certificates/{self.certificate.pk}/versions",
    "/load-balancers",
    "/load-balancers/{self.balancer.pk}",
    "/load-balancers/{self.balancer.pk}/quotas",
    "/load-balancers/{self.balancer.pk}/deletion",
    "/listeners",
    "/listeners?load_balancer_id={self.balancer.pk}",
    "/listeners/{self.listener.pk}",
    "/listeners/{self.listener.pk}/certificates",
    "/listeners/{self.listener.pk}/certificates/match?server_name=1.test",
    "/listeners/{self.listener.pk}/status",
    "/listeners/{self.listener.pk}/receipts",
    "/listeners/{self.listener.pk}/server-health",
    "/server-groups",
    "/server-groups/{self.group.pk}",
    "/channels",
    "/deliveries",
    "/deliveries/{self.delivery.key}",
    "/notices",
    "/scans",
    "/nodes",
    "/quotas",
)


def wizard_pages(client: Client, world: World) -> dict[str, str]:
    """Return where the steps of a wizard are that is filled in."""
    wizard = Wizard(client, world.balancer)
    chosen = [certificate.pk for certificate in world.certificates[1:3]]
    answers: dict[str, dict[str, Any]] = {
        "listener": {"port": "30443", **SETTINGS},
        "certificate": {
            "certificate_id": world.certificate.pk,
            "additional_certificate_ids": chosen,
            "security_policy": WIZARD_POLICY,
        },
        "server-group": {"server_group_id": world.group.pk},
    }
    for step, values in answers.items():
        assert wizard.send(step, **values).status_code == 302
    return {f"wizard: {step}": wizard.url(step) for step in (*answers, "confirm")}


def counted(client: Client, url: str) -> int:
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, f"{url}: {answer.status_code}"
    return len(queries)


def counts(client: Client, rows: int) -> dict[str, int]:
    """Return the queries of each page in a world of so many rows."""
    world = World(rows)
    pages = world.pages() | wizard_pages(client, world)
    return {word: counted(client, url) for word, url in pages.items()}


def test_every_list_and_detail_page_takes_few_queries_however_many_rows_there_are(admin_client: Client) -> None:
    few, many = counts(admin_client, FEW), counts(admin_client, MANY)
    assert {page: (few[page], many[page]) for page in few if few[page] != many[page]} == {}
    assert {page: count for page, count in many.items() if count > MOST_QUERIES} == {}
