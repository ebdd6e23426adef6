"""Kinds of key in the words of the private authority service. Pure."""

from certificates.key_types import KeyType

# RSA 1024 is too short for any client of today, and SM2 is not signed with here.
KEY_TYPES = {
    "RSA_2048": KeyType.RSA_2048,
    "RSA_3072": KeyType.RSA_3072,
    "RSA_4096": KeyType.RSA_4096,
    "ECC_256": KeyType.P256,
    "ECC_384": KeyType.P384,
}
ALGORITHMS = (*KEY_TYPES, "RSA_1024", "ECC_512", "SM2_256")
LACKS = "keys of RSA_1024, ECC_512 and SM2_256 are refused"


def family(algorithm: str) -> str:
    """Return RSA, ECC or SM2."""
    return algorithm.partition("_")[0]


def why_not(algorithm: str, parent: str = "") -> str:
    """Return why no key of an algorithm is made under a parent with another, empty where one is."""
    if algorithm not in KEY_TYPES:
        return f"Keys of {algorithm} are not made here; {', '.join(KEY_TYPES)} are."
    if parent and family(parent) != family(algorithm):
        return f"The authority has a key of {parent}: it signs for {family(parent)}, not for {family(algorithm)}."
    return ""
