"""Issue many certificates from a table: all of them or none."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from authorities.building import SigningKey
from authorities.bulk import BulkRow, at_line, read_table
from authorities.orders import Wanted, checked_order
from authorities.selectors import authority_by_id
from authorities.services.issuing import sign_wanted
from authorities.signing import Signer, open_signer
from certificates.key_types import generate_key
from certificates.services import Imported, NewCertificate, store_bundles
from console.errors import DomainError
from events.actor import Actor
from events.feed import Recorder, recording


@dataclass(frozen=True, slots=True)
class _Prepared:
    row: BulkRow
    wanted: Wanted
    key: SigningKey


def issue_table(actor: Actor, authority_id: str, data: bytes) -> list[Imported]:
    """Issue and store a certificate for each line of a CSV; raise InvalidInputError with the first wrong line."""
    authority = authority_by_id(authority_id)
    prepared = [_prepared(row) for row in read_table(data)]
    with recording(actor) as changes:
        signer = open_signer(authority)
        return [_issued(changes, signer, each) for each in prepared]


def _prepared(row: BulkRow) -> _Prepared:
    """Check a line and make its key, before the transaction begins."""
    with _naming(row.line):
        return _Prepared(row, checked_order(row.order), generate_key(row.order.key_type))


def _issued(changes: Recorder, signer: Signer, prepared: _Prepared) -> Imported:
    with _naming(prepared.row.line):
        bundle = sign_wanted(changes, signer, prepared.wanted, prepared.key)
        new = NewCertificate(prepared.wanted.purpose, prepared.row.name, b"")
        (stored,) = store_bundles(changes.actor, [new], [bundle])
        return stored


@contextmanager
def _naming(line: int) -> Iterator[None]:
    """Turn a refusal into one that names the line."""
    try:
        yield
    except DomainError as error:
        raise at_line(line, error) from None
