"""TLS versions and cipher suites: which goes with which, what the engine has, and their numbers on the wire. Pure.

Sources: the cloud's table of cipher suites for custom TLS security policies; the IANA registry of TLS cipher suites;
BoringSSL's list of suites.
"""

from collections.abc import Mapping
from types import MappingProxyType

VERSIONS = ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
WEAK_VERSIONS = frozenset({"TLSv1.0", "TLSv1.1"})

_SINCE_TLS10 = (
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
)
_SINCE_TLS12 = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA256",
    "AES256-SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
_TLS13 = (
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
)
# What a custom policy may ask for: 21 suites up to TLS 1.2, and the 5 of TLS 1.3.
CIPHERS_OF_VERSION: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "TLSv1.0": _SINCE_TLS10,
        "TLSv1.1": _SINCE_TLS10,
        "TLSv1.2": _SINCE_TLS12 + _SINCE_TLS10,
        "TLSv1.3": _TLS13,
    }
)
ALLOWED_CIPHERS = _TLS13 + _SINCE_TLS12 + _SINCE_TLS10
SM2_CIPHER = "ECC-SM2-WITH-SM4-SM3"  # of TLCP, which the engine does not speak

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
TLS13_IN_ENGINE = tuple(cipher for cipher in _TLS13 if cipher not in NOT_IN_ENGINE)

# Without forward secrecy: who gets the server's key reads what was recorded before.
NO_FORWARD_SECRECY = frozenset(cipher for cipher in ALLOWED_CIPHERS if not cipher.startswith(("ECDHE-", "TLS_")))

NUMBERS: Mapping[str, int] = MappingProxyType(
    {
        "ECDHE-ECDSA-AES128-GCM-SHA256": 0xC02B,
        "ECDHE-ECDSA-AES256-GCM-SHA384": 0xC02C,
        "ECDHE-ECDSA-AES128-SHA256": 0xC023,
        "ECDHE-ECDSA-AES256-SHA384": 0xC024,
        "ECDHE-RSA-AES128-GCM-SHA256": 0xC02F,
        "ECDHE-RSA-AES256-GCM-SHA384": 0xC030,
        "ECDHE-RSA-AES128-SHA256": 0xC027,
        "ECDHE-RSA-AES256-SHA384": 0xC028,
        "AES128-GCM-SHA256": 0x009C,
        "AES256-GCM-SHA384": 0x009D,
        "AES128-SHA256": 0x003C,
        "AES256-SHA256": 0x003D,
        "ECDHE-ECDSA-CHACHA20-POLY1305": 0xCCA9,
        "ECDHE-RSA-CHACHA20-POLY1305": 0xCCA8,
        "ECDHE-ECDSA-AES128-SHA": 0xC009,
        "ECDHE-ECDSA-AES256-SHA": 0xC00A,
        "ECDHE-RSA-AES128-SHA": 0xC013,
        "ECDHE-RSA-AES256-SHA": 0xC014,
        "AES128-SHA": 0x002F,
        "AES256-SHA": 0x0035,
        "DES-CBC3-SHA": 0x000A,
        "TLS_AES_128_GCM_SHA256": 0x1301,
        "TLS_AES_256_GCM_SHA384": 0x1302,
        "TLS_CHACHA20_POLY1305_SHA256": 0x1303,
        "TLS_AES_128_CCM_SHA256": 0x1304,
        "TLS_AES_128_CCM_8_SHA256": 0x1305,
    }
)
NAMES: Mapping[int, str] = MappingProxyType({number: name for name, number in NUMBERS.items()})


def versions_of(cipher: str) -> tuple[str, ...]:
    """Return the versions that a suite goes with, oldest first."""
    return tuple(version for version in VERSIONS if cipher in CIPHERS_OF_VERSION[version])
