"""Have uploads read, their keys found and their chains completed; what a write then made of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from certificates.issuers import complete_all
from certificates.messages import error_of
from certificates.models import Certificate, CertificateVersion
from certificates.parsing.bundles import Bundle, Upload
from certificates.parsing.parser import parser
from certificates.parsing.refusals import Refusal
from certificates.store import Warned
from certificates.waiting import kept_key


@dataclass(frozen=True, slots=True)
class Imported:
    """What was stored, and what the operator should know of it."""

    certificate: Certificate
    version: CertificateVersion
    warnings: Sequence[Warned]


def parse(uploads: Sequence[Upload]) -> list[Bundle]:
    """Have every upload read in the parser's process; raise DomainError for the first that cannot be used.

    A key that did not come is looked for among those that are kept; chains are completed with the intermediates that
    the repository holds.
    """
    results = _with_kept_keys(uploads, parser.parse_many(uploads))
    return complete_all(list(_bundles(results)))


def _with_kept_keys(uploads: Sequence[Upload], results: Iterable[Bundle | Refusal]) -> Iterator[Bundle | Refusal]:
    """Read again, with its key, what came without one that is here: of a request, or of an older version."""
    for upload, result in zip(uploads, results, strict=True):
        key = _kept_key(result)
        if key is None:
            yield result
        else:
            yield from parser.parse_many([replace(upload, private_key_pem=key)])


def _kept_key(result: Bundle | Refusal) -> bytes | None:
    if isinstance(result, Refusal) and result.code == "key.missing":
        return kept_key(str(result.parameters["public_keys"]).split())
    return None


def _bundles(results: Iterable[Bundle | Refusal]) -> Iterator[Bundle]:
    for result in results:
        if isinstance(result, Refusal):
            raise error_of(result)
        yield result
