"""An order from beginning to end (RFC 8555, section 7.4), or from where a killed process left it."""

import time
from dataclasses import dataclass, field

import requests
from acme import messages
from acme.client import ClientV2
from cryptography import x509
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from josepy.interfaces import JSONDeSerializable
from josepy.json_util import field as field_of

from certificates.key_types import NewKey, generate_key
from certificates.keys import seal, unseal
from certificates.matching import is_address
from console.errors import ConflictError
from renewals.acme.authorizations import AuthorizationFailedError, prove
from renewals.acme.client import conversation_of, network_of, post
from renewals.acme.information import certificate_id
from renewals.acme.pauses import Pause
from renewals.acme.problems import kind_of, refusal
from renewals.keys import key_of, key_pem, request_for
from renewals.leases import Lease
from renewals.models import AcmeAccount, Renewal
from renewals.problems import AttemptFailedError

# Of a request that the server took once already and forgot, or that has come to its end.
GONE = frozenset({"malformed", "unauthorized", "orderDoesNotExist", "accountDoesNotExist"})


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its chain, as downloaded, and its key; both PEM."""

    chain_pem: bytes
    key_pem: bytes = field(repr=False)


class NewOrder(messages.NewOrder):
    """A new order that names the certificate which it replaces (RFC 9773, section 5)."""

    replaces: str | None = field_of("replaces", omitempty=True)


def order_certificate(renewal: Renewal, account: AcmeAccount, lease: Lease) -> Issued:
    """Return a certificate for the names of ``renewal``; raise AttemptFailedError or LeaseLostError."""
    with conversation_of(account, lease.hold) as client:
        return _Ordering(client, renewal, account.directory_url, lease).run()


class _Ordering:
    """One attempt at one order."""

    def __init__(self, client: ClientV2, renewal: Renewal, server: str, lease: Lease) -> None:
        self._client = client
        self._network = network_of(client)
        self._renewal = renewal
        self._server = server
        self._lease = lease
        self._deadline = time.monotonic() + settings.RENEWALS_ATTEMPT_SECONDS

    def run(self) -> Issued:
        url, key, order = self._resumed() or self._begun()
        if order.status == messages.STATUS_PENDING:
            self._prove(order)
            order = self._read(url)
        request = request_for(key, self._renewal.names)
        order = self._finished(url, order, request)
        answer = self._post(order.certificate or "", None)
        return Issued(answer.content, key_pem(key))

    def _prove(self, order: messages.Order) -> None:
        try:
            prove(self._client, self._renewal, order.authorizations, self._lease, self._deadline)
        except AuthorizationFailedError:
            # This order never becomes a certificate, whatever its server still calls it.
            self._lease.row().update(order_url="", order_key=None)
            raise

    def _resumed(self) -> tuple[str, NewKey, messages.Order] | None:
        """Return the order that an earlier attempt began, None if there is none to go on with."""
        if not self._renewal.order_url or self._renewal.order_key is None:
            return None
        try:
            key = key_of(unseal(self._renewal.order_key))
            order = self._read(self._renewal.order_url)
        except (ConflictError, messages.Error) as error:
            if isinstance(error, messages.Error) and kind_of(error) not in GONE:
                raise
            return None
        if order.status == messages.STATUS_INVALID or (order.expires and order.expires < timezone.now()):
            return None
        return self._renewal.order_url, key, order

    def _begun(self) -> tuple[str, NewKey, messages.Order]:
        """Order anew and keep where to go on, with the key that the certificate will have."""
        key = generate_key(self._renewal.key_type)
        try:
            answer = self._new_order(self._replaced())
        except messages.Error as error:
            # What it replaces was replaced before, or by another account: that must not stop the renewal.
            if not self._replaced() or kind_of(error) not in {"alreadyReplaced", "malformed", "conflict"}:
                raise
            answer = self._new_order(None)
        url = answer.headers["Location"]
        self._keep(url, key)
        return url, key, messages.Order.from_json(answer.json())

    def _new_order(self, replaces: str | None) -> requests.Response:
        identifiers = [_identifier(name) for name in self._renewal.names]
        return self._post(self._client.directory["newOrder"], NewOrder(identifiers=identifiers, replaces=replaces))

    def _replaced(self) -> str | None:
        certificate = self._renewal.certificate
        version = certificate.current_version if certificate else None
        if version is None or "renewalInfo" not in self._client.directory.to_partial_json():
            return None
        return certificate_id(x509.load_pem_x509_certificate(version.leaf_pem.encode()))

    def _keep(self, url: str, key: NewKey) -> None:
        self._lease.hold()
        self._lease.row().update(order_url=url, order_key=seal(key_pem(key)))

    def _finished(self, url: str, order: messages.Order, request: x509.CertificateSigningRequest) -> messages.Order:
        """Have the certificate made and wait until it is there."""
        pause = Pause(self._deadline, self._network, self._lease)
        while order.status != messages.STATUS_VALID:
            if order.status == messages.STATUS_INVALID:
                raise self._invalid(order)
            if order.status == messages.STATUS_READY:
                answer = self._post(order.finalize, messages.CertificateRequest(csr=request))
                order = messages.Order.from_json(answer.json())
            if order.status != messages.STATUS_VALID:
                pause.wait()
                order = self._read(url)
        return order

    def _invalid(self, order: messages.Order) -> AttemptFailedError:
        if order.error is not None:
            return refusal(order.error, self._server)
        message = _("%(server)s gave the order up without a reason.") % {"server": self._server}
        return AttemptFailedError(message, "acme.order-invalid", way_out=_("lbadmin orders anew."))

    def _read(self, url: str) -> messages.Order:
        found: messages.Order = messages.Order.from_json(self._post(url, None).json())
        return found

    def _post(self, url: str, content: JSONDeSerializable | None) -> requests.Response:
        return post(self._client, url, content)


def _identifier(name: str) -> messages.Identifier:
    kind = messages.IDENTIFIER_IP if is_address(name) else messages.IDENTIFIER_FQDN
    return messages.Identifier(typ=kind, value=name)
