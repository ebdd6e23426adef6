"""Issue many certificates from a table: all of them or none."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from django.utils.translation import gettext as _

from authorities.building import SigningKey
from authorities.bulk import FIELD, BulkRow, Refusals, read_table, row_of
from authorities.orders import Wanted, checked_order
from authorities.selectors import authority_by_id
from authorities.services.issuing import leaf_builder, record_all_issued
from authorities.signing import Signer, key_pem_of, open_issuer
from certificates.key_types import KeyType, generate_key
from certificates.names import checked_name, name_taken, taken_names
from certificates.services import Imported, NewCertificate, store_bundles
from console.errors import InvalidInputError
from console.progress import MAKE_KEYS, SIGN, tracked
from events.actor import Actor
from events.feed import recording

# RSA keys take long to make, and somebody waits: what each costs in keys of 2048 bits, and how many of those may be.
RSA_COST = {KeyType.RSA_2048.value: 1, KeyType.RSA_3072.value: 4, KeyType.RSA_4096.value: 10}
MOST_RSA_KEYS = 200


@dataclass(frozen=True, slots=True)
class _Checked:
    row: BulkRow
    wanted: Wanted


def issue_table(actor: Actor, authority_id: str, data: bytes) -> list[Imported]:
    """Issue and store a certificate for each line of a CSV, in one transaction.

    Raises InvalidInputError (``table``) that names every wrong line with its column, having issued nothing.
    """
    authority = authority_by_id(authority_id)
    checked = _checked(data)
    keys = [generate_key(each.wanted.key_type) for each in tracked(checked, MAKE_KEYS)]
    with recording(actor) as changes:
        signer = open_issuer(authority)
        leaves = _signed(signer, checked, keys)
        record_all_issued(
            changes, authority, [(leaf, each.wanted.purpose) for leaf, each in zip(leaves, checked, strict=True)]
        )
        new = [NewCertificate(each.wanted.purpose, each.row.name, b"") for each in checked]
        bundles = [signer.bundle(leaf, key_pem_of(key)) for leaf, key in zip(leaves, keys, strict=True)]
        return store_bundles(actor, new, bundles)


def _checked(data: bytes) -> list[_Checked]:
    """Return what every line asks for; raise InvalidInputError for all that are wrong by themselves."""
    table, refusals = read_table(data), Refusals()
    checked: list[_Checked] = []
    for line in table.lines:
        with refusals.at(line.number):
            row = row_of(table, line)
            checked_name(row.name)
            checked.append(_Checked(row, checked_order(row.order)))
    refusals.raise_any()
    _check_cost(checked)
    return checked


def _signed(signer: Signer, checked: Sequence[_Checked], keys: Sequence[SigningKey]) -> list[x509.Certificate]:
    """Sign every line; raise InvalidInputError for all that the authority, or a name that is taken, forbids."""
    refusals = Refusals()
    _refuse_taken_names(checked, refusals)
    leaves: list[x509.Certificate] = []
    for each, key in tracked(list(zip(checked, keys, strict=True)), SIGN):
        with refusals.at(each.row.line):
            leaves.append(signer.sign(leaf_builder(signer, each.wanted, key)))
    refusals.raise_any()
    return leaves


def _refuse_taken_names(checked: Sequence[_Checked], refusals: Refusals) -> None:
    taken = taken_names([each.row.name for each in checked if each.row.name])
    for each in checked:
        with refusals.at(each.row.line):
            if each.row.name in taken:
                raise name_taken(each.row.name)
            taken |= {each.row.name} - {""}


def _check_cost(checked: Sequence[_Checked]) -> None:
    counts = Counter(each.wanted.key_type for each in checked)
    if sum(RSA_COST.get(key_type, 0) * count for key_type, count in counts.items()) > MOST_RSA_KEYS:
        raise InvalidInputError(
            _("So many RSA keys take too long to make: %(limit)s of 2048 bits, or fewer longer ones, at a time.")
            % {"limit": MOST_RSA_KEYS},
            "bulk.too-slow",
            field=FIELD,
            way_out=_("Choose ECDSA keys, or give the lines in several tables."),
        )
