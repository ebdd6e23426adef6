"""Every operation of every product, given what no client should send: a code for it, never a broken answer."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from access.access_keys import create_access_key
from access.models import AccessKey
from certificates.services.requests import upload_request
from cloudapi.cas.deploying import JobFields, create_job
from cloudapi.catalogue import products
from cloudapi.errors import CloudError
from cloudapi.numbers import number_of
from cloudapi.operations import Call, Operation, Product
from cloudapi.running import run
from cloudapi.wire.fields import Field
from cloudapi.wire.reading import ParameterError, read
from events.actor import COMMAND, Actor
from tests.authorities.rows import issue_client, make_root, make_subordinate
from tests.authorities.test_issue_certificate import make_csr
from tests.factories import OPERATOR, make_listener, make_server_certificate

pytestmark = pytest.mark.django_db
ODD = (
    "", " ", "0", "-1", "9223372036854775807", "1e9", "null", "{}", "[1]", "a" * 300, "\u202e<script>", "\r\n",
    "cert-0000000000000000", "1-cn-hangzhou", "00000000-0000-0000-0000-000000000000", ",", "2026-02-31", "٣",
)  # fmt: skip


def plain(field: Field) -> str:
    """Return a value that a field can have."""
    if field.name == "Algorithm":
        return next((word for word in field.choices if word.startswith("ECC")), "ECC")  # quickly made
    if field.choices:
        return field.choices[0]
    return {"integer": str(field.low or 1), "flag": "true", "switch": "on"}.get(field.kind, "1")


def leaves(fields: tuple[Field, ...], path: str = "") -> Iterator[tuple[str, Field]]:
    for field in fields:
        name = f"{path}{field.name}"
        if field.kind == "list":
            yield name, field
            yield from leaves((dataclasses.replace(field.item, name="1"),), f"{name}.")
        elif field.kind == "struct":
            yield name, field
            yield from leaves(field.parts, f"{name}.")
        else:
            yield name, field


def required(fields: tuple[Field, ...], path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for field in fields:
        if field.required and field.kind == "list":
            found |= (
                {f"{path}{field.name}.1": plain(field.item)}
                if field.item.kind != "struct"
                else required(field.item.parts, f"{path}{field.name}.1.")
            )
        elif field.required and field.kind != "struct":
            found[f"{path}{field.name}"] = plain(field)
    return found


def ask(operation: Operation, key: AccessKey, flat: Mapping[str, str]) -> None:
    """Run an operation as the gateway does, and undo it; raise whatever is no code for the client."""
    actor = Actor(name=key.user.get_username(), via="cloud", user_id=key.user_id)
    try:
        given: dict[str, Any] = read(operation.fields, flat)
        with transaction.atomic():
            run(Call(operation, key, actor, "0", "", given), flat)
            transaction.set_rollback(True)
    except (CloudError, ParameterError):
        return


@pytest.fixture
def key(admin_user: User) -> AccessKey:
    return create_access_key(COMMAND, admin_user).row


@pytest.fixture
def known(key: AccessKey) -> dict[str, str]:
    """Objects of every kind, by the parameters that name them."""
    top = make_root("Root", path_length=None)
    below = make_subordinate(top)
    leaf, server = issue_client(below).certificate, make_server_certificate("shop.test")
    listener = make_listener(certificate_id=server.pk)
    csr = make_csr()
    request = upload_request(OPERATOR, csr)
    job = create_job(OPERATOR, JobFields("job", [server], [listener.bindings.get().pk]))
    return {
        "Identifier": leaf.pk,
        "ParentIdentifier": below.certificate_id,
        "InstanceId": top.certificate_id,
        "CertId": server.pk,
        "CertIds": server.pk,
        "Ids": leaf.pk,
        "ResourceIds": str(listener.bindings.get().pk),
        "CsrId": str(number_of("certificate_request", request.pk)),
        "Csr": csr.decode(),
        "JobId": str(job.pk),
        "ListenerId": listener.pk,
        "LoadBalancerId": listener.load_balancer_id,
        "ServerGroupId": str(listener.server_group_id),
        "Validity": "30d",
        "Days": "30",
        "CommonName": "name.test",
        "ResourceId.1": leaf.pk,
        "CountryCode": "CN",
        "EncryptedCode": "a long code of 32 bytes",
    }


@pytest.mark.conformance
@pytest.mark.parametrize("product", products(), ids=lambda product: f"{product.name}-{product.version}")
def test_odd_values_break_nothing(product: Product, key: AccessKey, known: dict[str, str]) -> None:
    for operation in product.operations.values():
        names = {name for name, _field in leaves(operation.fields)} | set(required(operation.fields))
        usual = required(operation.fields) | {name: value for name, value in known.items() if name in names}
        ask(operation, key, usual)
        for name, _field in leaves(operation.fields):
            for value in ODD:
                try:
                    ask(operation, key, {**usual, name: value})
                except Exception as error:
                    raise AssertionError(f"{operation.name} {name}={value!r}") from error
