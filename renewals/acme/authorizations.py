"""Prove the names of an order: present what the server asks for, wait until it is there, have the server look."""

import logging
from collections.abc import Sequence
from contextlib import suppress

from acme import challenges, messages
from acme.client import ClientV2
from django.conf import settings
from django.utils.translation import gettext as _
from josepy.jwk import JWK

from events.feed import newest_change_id
from renewals.acme.client import network_of, post
from renewals.acme.pauses import Pause
from renewals.acme.problems import refusal
from renewals.acme.tls_alpn import kind_of
from renewals.challenges.answers import Proof, present, take_away
from renewals.challenges.dns_hooks import call_hook
from renewals.leases import Lease, LeaseLostError
from renewals.models import Renewal
from renewals.problems import AttemptFailedError
from renewals.serving import wait_until_served

logger = logging.getLogger(__name__)


class AuthorizationFailedError(AttemptFailedError):
    """Say that the server looked and was not convinced, so that its order is over."""


def prove(client: ClientV2, renewal: Renewal, urls: Sequence[str], lease: Lease, deadline: float) -> None:
    """Prove every name that is not proved yet; leave nothing behind, whatever happens."""
    _Proving(client, renewal, lease, deadline).run(urls)


class _Asked:
    """A challenge that the server asks for: where it is told to look, and what it finds then."""

    def __init__(self, url: str, body: messages.ChallengeBody, proof: Proof) -> None:
        self.url = url  # of the authorization
        self.body = body
        self.proof = proof


class _Proving:
    """One attempt to prove the names of one order."""

    def __init__(self, client: ClientV2, renewal: Renewal, lease: Lease, deadline: float) -> None:
        self._client = client
        self._renewal = renewal
        self._server = renewal.account.directory_url if renewal.account else ""
        self._lease = lease
        self._deadline = deadline

    def run(self, urls: Sequence[str]) -> None:
        asked = [each for url in urls if (each := self._asked(url)) is not None]
        if not asked:
            return
        if self._renewal.challenge == Renewal.Challenge.DNS_01:
            self._prove_by_dns(asked)
        else:
            self._prove_by_rows(asked)

    def _prove_by_rows(self, asked: Sequence[_Asked]) -> None:
        try:
            self._lease.hold()
            rows = present(self._renewal, [each.proof for each in asked])
            if self._renewal.challenge == Renewal.Challenge.TLS_ALPN_01:
                wait_until_served(rows, newest_change_id(), self._lease.hold)
            self._have_checked(asked)
        finally:
            take_away(self._renewal.pk)

    def _prove_by_dns(self, asked: Sequence[_Asked]) -> None:
        written: list[Proof] = []
        try:
            for each in asked:
                written.append(each.proof)  # before the call: a hook that fails may have written it
                self._lease.hold(settings.RENEWALS_HOOK_SECONDS)
                call_hook(self._renewal.dns_hook, "present", each.proof.host, each.proof.value)
            self._have_checked(asked)
        except BaseException:
            # Why the names were not proved is what counts; a hook that fails at both is heard of once.
            self._cleaned_up(written)
            raise
        if failure := self._cleaned_up(written):
            raise failure

    def _cleaned_up(self, written: Sequence[Proof]) -> AttemptFailedError | None:
        """Have the records deleted, even if the renewal is somebody else's by now; return what went wrong."""
        failure = None
        for proof in written:
            with suppress(LeaseLostError):
                self._lease.hold(settings.RENEWALS_HOOK_SECONDS)
            try:
                call_hook(self._renewal.dns_hook, "cleanup", proof.host, proof.value)
            except AttemptFailedError as error:
                logger.warning("the record for %s stays: %s", proof.host, error)
                failure = failure or error
        return failure

    def _asked(self, url: str) -> _Asked | None:
        """Return what is asked for an authorization, None for one that is valid already."""
        authorization = self._read(url)
        if authorization.status == messages.STATUS_VALID:
            return None
        if authorization.status != messages.STATUS_PENDING:
            raise self._refused(authorization)
        return self._challenge_of(url, authorization)

    def _challenge_of(self, url: str, authorization: messages.Authorization) -> _Asked:
        host = authorization.identifier.value
        for body in authorization.challenges:
            if kind_of(body.chall) == self._renewal.challenge:
                return _Asked(url, body, self._proof(host, body))
        offered = ", ".join(sorted(kind_of(body.chall) for body in authorization.challenges))
        message = _("%(server)s does not offer %(challenge)s for %(host)s, only %(offered)s.") % {
            "server": self._server,
            "challenge": self._renewal.get_challenge_display(),
            "host": host,
            "offered": offered or "—",
        }
        raise AuthorizationFailedError(message, "acme.not-offered", way_out=_("Choose another challenge."))

    def _proof(self, host: str, body: messages.ChallengeBody) -> Proof:
        key = self._account_key()
        token = body.chall.encode("token")
        authorization = body.chall.key_authorization(key)
        return Proof(host, token, authorization, challenges.DNS01(token=body.chall.token).validation(key))

    def _account_key(self) -> JWK:
        return network_of(self._client).account_key

    def _have_checked(self, asked: Sequence[_Asked]) -> None:
        for each in asked:
            if each.body.status == messages.STATUS_PENDING:
                post(self._client, each.body.uri, each.body.chall.response(self._account_key()))
        pause = Pause(self._deadline, network_of(self._client), self._lease)
        for each in asked:
            while (authorization := self._read(each.url)).status == messages.STATUS_PENDING:
                pause.wait()
            if authorization.status != messages.STATUS_VALID:
                raise self._refused(authorization)

    def _read(self, url: str) -> messages.Authorization:
        found: messages.Authorization = messages.Authorization.from_json(post(self._client, url, None).json())
        return found

    def _refused(self, authorization: messages.Authorization) -> AuthorizationFailedError:
        host = authorization.identifier.value
        errors = [body.error for body in authorization.challenges if body.error is not None]
        if errors:
            told = refusal(errors[0], self._server)
            message = _("%(host)s was not proved. %(reason)s") % {"host": host, "reason": told.message}
            return AuthorizationFailedError(message, told.code, way_out=told.way_out)
        message = _("%(host)s was not proved: %(server)s calls its authorization %(status)s.") % {
            "host": host,
            "server": self._server,
            "status": authorization.status.name,
        }
        return AuthorizationFailedError(message, "acme.authorization", way_out=_("lbadmin orders anew."))
