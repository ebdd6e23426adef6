"""Short ways to fill the repository."""

from certificates.services import Imported, import_certificate, replace_certificate
from events.actor import Actor
from tests.certs import Issued, make_leaf

ALICE = Actor(name="alice", via="page")


def import_leaf(leaf: Issued | None = None, name: str = "") -> Imported:
    """Import a server certificate."""
    leaf = leaf or make_leaf()
    return import_certificate(
        ALICE, kind="server", name=name, certificate_pem=leaf.chain_pem, private_key_pem=leaf.key_pem
    )


def replace_by(imported: Imported, leaf: Issued, expected_revision: int | None = None, reason: str = "") -> Imported:
    """Replace a certificate by another leaf."""
    return replace_certificate(
        ALICE,
        imported.certificate.pk,
        certificate_pem=leaf.chain_pem,
        private_key_pem=leaf.key_pem,
        expected_revision=expected_revision,
        reason=reason,
    )


def codes(imported: Imported) -> list[str]:
    """Return the codes of the warnings."""
    return [warning.code for warning in imported.warnings]
