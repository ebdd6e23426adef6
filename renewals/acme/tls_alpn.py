"""TLS-ALPN-01 (RFC 8737) for the library, which knows the other two challenges only."""

from typing import Any

from acme import challenges
from josepy.jwk import JWK


@challenges.ChallengeResponse.register
class TlsAlpn01Response(challenges.KeyAuthorizationChallengeResponse):
    """The word to the server that the answer is there."""

    typ = "tls-alpn-01"


@challenges.Challenge.register
class TlsAlpn01(challenges.KeyAuthorizationChallenge):
    """The server's wish to see a certificate with a hash of the key authorization."""

    typ = "tls-alpn-01"
    response_cls = TlsAlpn01Response

    def validation(self, account_key: JWK, **_unused: Any) -> str:
        """Return the key authorization, whose hash the certificate carries."""
        return self.key_authorization(account_key)


def kind_of(challenge: challenges.Challenge) -> str:
    """Return a challenge's type as the server writes it, of those too that the library does not know."""
    if isinstance(challenge, challenges.UnrecognizedChallenge):
        return str(challenge.jobj.get("type", ""))
    return str(challenge.typ)
