"""The system TLS security policies, as the cloud names them, and what of each the engine can offer.

Source: the cloud's table of TLS security policies for Network Load Balancer. The engine's library is BoringSSL:
it has no CBC suites with SHA-384, no RSA key exchange with CBC and SHA-256, no CCM, and a fixed set for TLS 1.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

DEFAULT_POLICY = "tls_cipher_policy_1_0"  # what the cloud's API takes when none is named
WIZARD_POLICY = "tls_cipher_policy_1_2_strict_with_1_3"

NOT_IN_ENGINE = frozenset(
    {
        "ECDHE-ECDSA-AES256-SHA384",
        "ECDHE-RSA-AES256-SHA384",
        "AES128-SHA256",
        "AES256-SHA256",
        "TLS_AES_128_CCM_SHA256",
        "TLS_AES_128_CCM_8_SHA256",
    }
)
WEAK_VERSIONS = frozenset({"TLSv1.0", "TLSv1.1"})


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """Protocol versions, oldest first, and cipher suites in order of preference, by their OpenSSL names."""

    id: str
    versions: tuple[str, ...]
    ciphers: tuple[str, ...]

    @property
    def offered_ciphers(self) -> tuple[str, ...]:
        """The suites that clients are really offered."""
        return tuple(cipher for cipher in self.ciphers if cipher not in NOT_IN_ENGINE)

    @property
    def refused_ciphers(self) -> tuple[str, ...]:
        """The suites that the policy asks for and the engine does not have."""
        return tuple(cipher for cipher in self.ciphers if cipher in NOT_IN_ENGINE)

    @property
    def offered_tls12_ciphers(self) -> tuple[str, ...]:
        """The offered suites of TLS 1.2 and older: the part that is configurable in the engine."""
        return tuple(cipher for cipher in self.offered_ciphers if not cipher.startswith("TLS_"))

    @property
    def weak_versions(self) -> tuple[str, ...]:
        """The versions that RFC 8996 says not to use."""
        return tuple(version for version in self.versions if version in WEAK_VERSIONS)


_GCM_AND_CBC_SHA2 = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA384",
)
_RSA_KEY_EXCHANGE = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA256", "AES256-SHA256")
_CBC_SHA1 = ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA")
_WEAK = ("AES128-SHA", "AES256-SHA", "DES-CBC3-SHA")
_TLS13 = (
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
)
_COMPATIBLE = _GCM_AND_CBC_SHA2 + _RSA_KEY_EXCHANGE + _CBC_SHA1 + _WEAK
_STRICT = _GCM_AND_CBC_SHA2 + _CBC_SHA1

POLICIES: Mapping[str, TlsPolicy] = MappingProxyType(
    {
        policy.id: policy
        for policy in (
            TlsPolicy("tls_cipher_policy_1_0", ("TLSv1.0", "TLSv1.1", "TLSv1.2"), _COMPATIBLE),
            TlsPolicy("tls_cipher_policy_1_1", ("TLSv1.1", "TLSv1.2"), _COMPATIBLE),
            TlsPolicy("tls_cipher_policy_1_2", ("TLSv1.2",), _COMPATIBLE),
            TlsPolicy("tls_cipher_policy_1_2_strict", ("TLSv1.2",), _STRICT),
            TlsPolicy("tls_cipher_policy_1_2_strict_with_1_3", ("TLSv1.2", "TLSv1.3"), _TLS13 + _STRICT),
        )
    }
)
