"""TLS security policies: the system's, as the cloud names them, what a custom one may ask for, and what is offered.

Source: the cloud's tables of TLS security policies of Network, Application and Classic Load Balancer. The engine's
library is BoringSSL: it has no CBC suites with SHA-384, no RSA key exchange with CBC and SHA-256, no CCM, and a fixed
set for TLS 1.3, which is offered whole or not at all. Its versions are a lowest and a highest. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from listeners.cipher_suites import CIPHERS_OF_VERSION, NOT_IN_ENGINE, TLS13_IN_ENGINE, VERSIONS, WEAK_VERSIONS

DEFAULT_POLICY = "tls_cipher_policy_1_0"  # what the cloud's API takes when none is named
WIZARD_POLICY = "tls_cipher_policy_1_2_strict_with_1_3"
EXTENDED_POLICY = "tls_cipher_policy_1_0_to_1_3"


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """Protocol versions, oldest first, and cipher suites in order of preference, by their OpenSSL names."""

    id: str
    versions: tuple[str, ...]
    ciphers: tuple[str, ...]
    name: str = ""  # of a custom policy

    def __str__(self) -> str:
        return self.name or self.id

    @property
    def offered_versions(self) -> tuple[str, ...]:
        """The versions that a client can really agree on: those with a suite."""
        return tuple(version for version in self.versions if self._suites_of(version))

    @property
    def offered_ciphers(self) -> tuple[str, ...]:
        """The suites of the policy that clients are really offered."""
        return tuple(cipher for cipher in self.ciphers if cipher not in NOT_IN_ENGINE)

    @property
    def refused_ciphers(self) -> tuple[str, ...]:
        """The suites that the policy asks for and the engine does not have."""
        return tuple(cipher for cipher in self.ciphers if cipher in NOT_IN_ENGINE)

    @property
    def added_ciphers(self) -> tuple[str, ...]:
        """The suites that the policy does not ask for and the engine offers all the same, with TLS 1.3."""
        if "TLSv1.3" not in self.versions:
            return ()
        return tuple(cipher for cipher in TLS13_IN_ENGINE if cipher not in self.ciphers)

    @property
    def served_ciphers(self) -> tuple[str, ...]:
        """All suites that clients are really offered."""
        return self.offered_ciphers + self.added_ciphers

    @property
    def offered_tls12_ciphers(self) -> tuple[str, ...]:
        """The offered suites of TLS 1.2 and older: the part that is configurable in the engine."""
        return tuple(cipher for cipher in self.offered_ciphers if not cipher.startswith("TLS_"))

    @property
    def weak_versions(self) -> tuple[str, ...]:
        """The versions that clients can agree on and RFC 8996 says not to use."""
        return tuple(version for version in self.offered_versions if version in WEAK_VERSIONS)

    def _suites_of(self, version: str) -> tuple[str, ...]:
        if version == "TLSv1.3":
            return TLS13_IN_ENGINE
        return tuple(cipher for cipher in self.offered_tls12_ciphers if cipher in CIPHERS_OF_VERSION[version])

    def lets_in(self, version: str, cipher: str) -> bool:
        """Tell whether a client that speaks ``version`` with ``cipher`` would be served as it was."""
        return version in self.offered_versions and cipher in self._suites_of(version)


_GCM_AND_CBC_SHA2_ECDSA = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA384",
)
_GCM_AND_CBC_SHA2_RSA = (
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA384",
)
_GCM_AND_CBC_SHA2 = _GCM_AND_CBC_SHA2_ECDSA + _GCM_AND_CBC_SHA2_RSA
_RSA_KEY_EXCHANGE = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA256", "AES256-SHA256")
_CBC_SHA1_RSA = ("ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA")
_CBC_SHA1 = ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", *_CBC_SHA1_RSA)
_WEAK = ("AES128-SHA", "AES256-SHA", "DES-CBC3-SHA")
_TLS13 = CIPHERS_OF_VERSION["TLSv1.3"]
_COMPATIBLE = _GCM_AND_CBC_SHA2 + _RSA_KEY_EXCHANGE + _CBC_SHA1 + _WEAK
_STRICT = _GCM_AND_CBC_SHA2 + _CBC_SHA1


def _by_id(policies: Iterable[TlsPolicy]) -> Mapping[str, TlsPolicy]:
    return MappingProxyType({policy.id: policy for policy in policies})


def _system(compatible: tuple[str, ...], strict: tuple[str, ...]) -> Mapping[str, TlsPolicy]:
    return _by_id(
        (
            TlsPolicy("tls_cipher_policy_1_0", ("TLSv1.0", "TLSv1.1", "TLSv1.2"), compatible),
            TlsPolicy("tls_cipher_policy_1_1", ("TLSv1.1", "TLSv1.2"), compatible),
            TlsPolicy("tls_cipher_policy_1_2", ("TLSv1.2",), compatible),
            TlsPolicy("tls_cipher_policy_1_2_strict", ("TLSv1.2",), strict),
            # The same for every product, a Classic Load Balancer's too.
            TlsPolicy("tls_cipher_policy_1_2_strict_with_1_3", ("TLSv1.2", "TLSv1.3"), _TLS13 + _STRICT),
        )
    )


# Of Network and Application Load Balancers, the Extended edition apart.
POLICIES: Mapping[str, TlsPolicy] = _system(_COMPATIBLE, _STRICT)
# Of Classic Load Balancers, whose server certificates are RSA.
CLASSIC_POLICIES: Mapping[str, TlsPolicy] = _system(
    _GCM_AND_CBC_SHA2_RSA + _RSA_KEY_EXCHANGE + _CBC_SHA1_RSA + _WEAK, _GCM_AND_CBC_SHA2_RSA + _CBC_SHA1_RSA
)
# Of the Extended edition, which has this one alone. No suite of it goes with TLS 1.0 or 1.1.
EXTENDED_POLICIES: Mapping[str, TlsPolicy] = _by_id(
    [
        TlsPolicy(
            EXTENDED_POLICY,
            VERSIONS,
            (
                "ECDHE-ECDSA-AES128-GCM-SHA256",
                "ECDHE-ECDSA-AES256-GCM-SHA384",
                "ECDHE-RSA-AES128-GCM-SHA256",
                "ECDHE-RSA-AES256-GCM-SHA384",
                *_TLS13,
            ),
        )
    ]
)
# What a listener of each product can have, by id: an edition that is upgraded keeps its listeners' policies.
SYSTEM_POLICIES: Mapping[str, Mapping[str, TlsPolicy]] = MappingProxyType(
    {
        "NLB": POLICIES,
        "ALB": MappingProxyType({**POLICIES, **EXTENDED_POLICIES}),
        "CLB": CLASSIC_POLICIES,
    }
)


def system_policies(product: str, edition: str = "") -> Mapping[str, TlsPolicy]:
    """Return the system policies that can be given to a listener of a load balancer, by id."""
    if product == "ALB":
        return EXTENDED_POLICIES if edition == "Extended" else POLICIES
    return SYSTEM_POLICIES[product]


def default_policy(product: str, edition: str = "") -> str:
    """Return the id of the policy that is taken when none is named."""
    return DEFAULT_POLICY if DEFAULT_POLICY in system_policies(product, edition) else EXTENDED_POLICY


def recommended_policy(product: str, edition: str = "") -> str:
    """Return the id of the policy that pages choose beforehand: the safest of the system's."""
    return WIZARD_POLICY if WIZARD_POLICY in system_policies(product, edition) else EXTENDED_POLICY


def system_policy(product: str, policy_id: str) -> TlsPolicy | None:
    """Return a system policy as ``product`` has it, None for what is none."""
    return SYSTEM_POLICIES[product].get(policy_id)


@dataclass(frozen=True, slots=True)
class Variant:
    """One list under a system policy's id, and the products that have it."""

    products: tuple[str, ...]
    policy: TlsPolicy


def variants(policy_id: str) -> tuple[Variant, ...]:
    """Return the lists that products have under one id; empty for what is no system policy."""
    products: dict[TlsPolicy, list[str]] = {}
    for product, policies in SYSTEM_POLICIES.items():
        if policy_id in policies:
            products.setdefault(policies[policy_id], []).append(product)
    return tuple(Variant(tuple(names), policy) for policy, names in products.items())


def system_policy_ids() -> tuple[str, ...]:
    """Return the id of every system policy, in the order of the tables."""
    return tuple(dict.fromkeys(key for policies in SYSTEM_POLICIES.values() for key in policies))
