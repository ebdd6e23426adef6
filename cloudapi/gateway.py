"""The way of a request through the API: taken apart, signed, understood, run, answered."""

import logging
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from access.access_keys import note_use
from access.models import AccessKey
from cloudapi.authentication import refuse_haste, refuse_replay, signer_of
from cloudapi.catalogue import product_of
from cloudapi.errors import CloudError, invalid, missing
from cloudapi.operations import Answer, Call, Operation, Product
from cloudapi.running import run
from cloudapi.wire.encoding import CONTENT_TYPES, JSON, encode
from cloudapi.wire.reading import ParameterError, read
from cloudapi.wire.request import UnreadableError, WireRequest, wire_request
from events.actor import Actor

# What every request may carry beside its operation's own parameters.
GATEWAY = frozenset(
    {
        *("Action", "Version", "Format", "RegionId", "DryRun", "ClientToken", "Timestamp", "SecurityToken"),
        *("AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "SignatureType"),
        *("OwnerId", "OwnerAccount", "ResourceOwnerId", "ResourceOwnerAccount"),
    }
)

logger = logging.getLogger(__name__)


def is_meant(request: HttpRequest) -> bool:
    """Tell whether a request to ``/`` is for this API: browsers open the console there."""
    if "HTTP_X_ACS_ACTION" in request.META or request.method == "POST":
        return True
    return any(name in request.GET for name in ("Action", "AccessKeyId", "Signature"))


def answer(request: HttpRequest) -> HttpResponse:
    """Answer a request of one of the cloud's clients: whatever happens, with a code that it knows."""
    request_id = str(uuid.uuid4()).upper()
    form = JSON
    root = "Error"
    with translation.override("en"):
        try:
            wire = _taken_apart(request)
            form = _form(wire, None)
            product = _product(wire)
            form = _form(wire, product)
            operation, body = _answered(wire, product, request_id)
            root = f"{operation.name}Response"
            return _response({"RequestId": request_id, **body}, root, form, 200)
        except CloudError as error:
            return _refused(request, request_id, error, form)
        except Exception as error:  # the edge of an RPC: the client gets an answer, the log the cause
            logger.exception("the cloud-compatible API broke in request %s", request_id)
            return _refused(request, request_id, _broken(error), form)


def _broken(error: Exception) -> CloudError:
    if isinstance(error, OperationalError | InterfaceError):
        message = "The database is busy or away. Nothing was saved; send the request again."
        return CloudError("ServiceUnavailable", message, HTTPStatus.SERVICE_UNAVAILABLE)
    return CloudError("InternalError", "Something broke on our side. Nothing was saved half-way.", 500)


def _taken_apart(request: HttpRequest) -> WireRequest:
    if request.method not in {"GET", "POST"}:
        raise CloudError("UnsupportedHTTPMethod", "Send GET or POST.", 403)
    try:
        return wire_request(request.META, request.body)
    except UnreadableError as error:
        raise invalid(str(error)) from None
    except RequestDataTooBig:
        raise invalid(f"The body has more than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.") from None


def _product(wire: WireRequest) -> Product:
    version = wire.get("Version", "x-acs-version")
    if not version:
        raise missing("Version")
    product = product_of(version)
    if product is None:
        raise CloudError("InvalidVersion", f"There is no API of version {version[:40]} here.")
    return product


def _form(wire: WireRequest, product: Product | None) -> str:
    """Return whether to answer in JSON or in XML."""
    asked = wire.parameters.get("Format", "").upper()
    if asked in CONTENT_TYPES:
        return asked
    return JSON if wire.is_v3 or product is None else product.default_form


def _answered(wire: WireRequest, product: Product, request_id: str) -> tuple[Operation, Answer]:
    key = signer_of(wire)
    operation = product.operations.get(wire.get("Action", "x-acs-action"))
    refuse_haste(key)
    refuse_replay(wire, key, writes=operation is not None and operation.writes)
    note_use(key)
    if operation is None:
        raise _no_operation(product, wire.get("Action", "x-acs-action"))
    call = _call(operation, key, wire.parameters, request_id)
    return operation, run(call, wire.parameters)


def _no_operation(product: Product, name: str) -> CloudError:
    if not name:
        return missing("Action")
    if name in product.not_offered:
        return CloudError("UnsupportedOperation", f"{name} is not offered: {product.not_offered[name]}")
    return CloudError("InvalidAction", f"{product.name} {product.version} has no operation {name[:80]}.", 403)


def _call(operation: Operation, key: AccessKey, parameters: Mapping[str, str], request_id: str) -> Call:
    own = {
        name: value
        for name, value in parameters.items()
        if name not in GATEWAY or any(field.name == name for field in operation.fields)
    }
    try:
        given: dict[str, Any] = read(operation.fields, own)
    except ParameterError as error:
        raise operation.product.codes.of_parameter(error) from None
    actor = Actor(name=key.user.get_username(), via="cloud", user_id=key.user_id)
    return Call(operation, key, actor, request_id, parameters.get("RegionId", ""), given)


def _refused(request: HttpRequest, request_id: str, error: CloudError, form: str) -> HttpResponse:
    body = {
        "RequestId": request_id,
        "HostId": request.META.get("HTTP_HOST", ""),
        "Code": error.code,
        "Message": error.message,
    }
    return _response(body, "Error", form, error.status)


def _response(body: Mapping[str, Any], root: str, form: str, status: int) -> HttpResponse:
    response = HttpResponse(encode(body, root, form), status=status, content_type=CONTENT_TYPES[form])
    response["x-acs-request-id"] = body["RequestId"]
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
