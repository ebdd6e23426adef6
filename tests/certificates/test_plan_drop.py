"""A plan against the repository: duplicates, completed chains, keys that are here, and what is stored of it."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from certificates.models import Certificate, CertificateVersion, Issuer, SealedKey
from certificates.models import Drop as DropRow
from certificates.parsing.drops import Drop
from certificates.planning import Group, Plan, plan_drop, plan_groups
from certificates.services.drops import KEPT, discard_drop, import_plan, keep_drop, open_drop
from certificates.tasks import forget_uploads
from console.errors import ConflictError, InvalidInputError, NotFoundError
from events.actor import Actor
from events.models import Change
from tests.certificates.drops import drop_of
from tests.certificates.repository import ALICE, import_leaf
from tests.certificates.samples import SM2_CERTIFICATE
from tests.certs import make_ca, make_leaf

pytestmark = pytest.mark.django_db
ROOT = make_ca("Root")
UPPER = make_ca("Upper", issuer=ROOT)
LOWER = make_ca("Lower", issuer=UPPER)


def plan(*contents: bytes) -> Plan:
    return plan_drop(drop_of(*contents))


def warnings(result: Plan) -> list[str]:
    return [warning.code for item in result.items for warning in item.warnings]


def test_several_certificates_become_several_in_one_transaction() -> None:
    leaves = [make_leaf(name, issuer=UPPER) for name in ("a.test", "b.test")]
    imported = import_plan(ALICE, plan(*[leaf.pem + leaf.key_pem for leaf in leaves], UPPER.pem))
    assert [each.certificate.name for each in imported] == ["a.test", "b.test"]
    assert {version.chain_pem for version in CertificateVersion.objects.all()} == {UPPER.pem.decode()}
    assert SealedKey.objects.count() == 2
    assert [change.kind for change in Change.objects.all()] == ["certificate.imported"] * 2


def test_chains_are_completed_from_what_is_held() -> None:
    import_leaf(make_leaf("old.test", issuer=LOWER))  # brings Lower and Upper
    assert Issuer.objects.count() == 2
    leaf = make_leaf("new.test", issuer=LOWER)
    result = plan(leaf.pem, leaf.key_pem)
    (item,) = result.items
    assert [link.description.label for link in item.item.bundle.chain] == ["Lower", "Upper"]
    assert warnings(result) == ["chain.completed"]
    single = import_leaf(make_leaf("single.test", issuer=LOWER))
    assert single.version.chain_pem.count("BEGIN CERTIFICATE") == 2


def test_a_root_that_comes_below_held_intermediates_is_the_chains_and_dropped() -> None:
    import_leaf(make_leaf("old.test", issuer=LOWER))  # brings Lower and Upper
    leaf = make_leaf("new.test", issuer=LOWER)
    result = plan(leaf.pem, leaf.key_pem, ROOT.pem, make_ca("Stranger").pem)
    chains = {item.item.bundle.leaf.description.label: item.item.bundle.chain for item in result.items}
    assert [link.description.label for link in chains.pop("new.test")] == ["Lower", "Upper"]
    assert chains == {"Stranger": ()}
    assert set(warnings(result)) == {"chain.completed", "chain.root-dropped"}


def test_an_intermediate_that_comes_above_a_held_one_is_part_of_the_chain() -> None:
    old = make_leaf("old.test", issuer=LOWER)
    import_plan(ALICE, plan(old.pem, old.key_pem, LOWER.pem))
    leaf = make_leaf("new.test", issuer=LOWER)
    result = plan(leaf.pem, leaf.key_pem, UPPER.pem, ROOT.pem)
    (item,) = result.items
    assert [link.description.label for link in item.item.bundle.chain] == ["Lower", "Upper"]
    assert set(warnings(result)) == {"chain.completed", "chain.root-dropped"}


def test_an_authority_in_another_place_stays_apart_from_the_chain_that_it_completes() -> None:
    leaf = make_leaf("a.test", issuer=UPPER)
    result = plan_groups([Group(drop_of(leaf.pem, leaf.key_pem)), Group(drop_of(UPPER.pem)), Group(drop_of(ROOT.pem))])
    assert [item.kind for item in result.items] == ["server", "ca", "ca"]


def test_a_chain_is_not_completed_by_a_name_alone() -> None:
    import_leaf(make_leaf("old.test", issuer=make_ca("Lower", issuer=UPPER)))
    leaf = make_leaf("new.test", issuer=LOWER)
    result = plan(leaf.pem, leaf.key_pem)
    assert result.items[0].item.bundle.chain == ()
    assert warnings(result) == ["chain.incomplete"]


def test_what_is_stored_is_named_and_not_chosen() -> None:
    imported = import_leaf(make_leaf("a.test"), name="shop")
    version = imported.version.leaf_pem.encode()
    fresh = make_leaf("b.test")
    result = plan(version, fresh.pem, fresh.key_pem)
    assert [(item.stored, item.is_chosen) for item in result.items] == [(imported.certificate, False), (None, True)]
    with pytest.raises(ConflictError):
        import_plan(ALICE, result, {result.items[0].id: "again", result.items[1].id: ""})
    assert Certificate.objects.count() == 1


def test_the_key_of_a_renewed_certificate_is_found_in_the_repository() -> None:
    old = make_leaf("a.test")
    import_leaf(old)
    renewed = make_leaf("a.test", key=old.key)
    result = plan(renewed.pem)
    assert result.items[0].is_key_stored
    assert "drop.key-stored" in warnings(result)
    (imported,) = import_plan(ALICE, result)
    assert SealedKey.objects.filter(version=imported.version).exists()


def test_a_certificate_without_its_key_is_only_taken_when_it_is_asked_for() -> None:
    leaf = make_leaf("a.test")
    result = plan(leaf.pem)
    assert (result.chosen, "drop.without-key" in warnings(result)) == ([], True)
    with pytest.raises(InvalidInputError, match="nothing to import"):
        import_plan(ALICE, result)
    (imported,) = import_plan(ALICE, result, {leaf.sha256: "watched"})
    assert imported.certificate.name == "watched"
    assert not SealedKey.objects.exists()


def test_sm2_is_kept_to_be_watched() -> None:
    (imported,) = import_plan(ALICE, plan(SM2_CERTIFICATE))
    assert imported.version.key_algorithm == "SM2"
    assert "certificate.watched-only" in [warning.code for warning in imported.warnings]


def test_a_lone_key_is_told_whose_it_is() -> None:
    leaf = make_leaf("a.test")
    import_leaf(leaf, name="shop")
    (omission,) = plan(leaf.key_pem).left_out
    assert omission.code == "drop.key-of-stored"
    assert "shop" in omission.message
    (omission,) = plan(make_leaf().key_pem).left_out
    assert omission.code == "drop.key-unmatched"


def test_names_that_are_taken_get_a_number_only_where_nobody_chose_them() -> None:
    import_leaf(make_leaf("old.test"), name="shop")
    leaf = make_leaf("a.test")
    grouped = plan_groups([Group(drop_of(leaf.pem, leaf.key_pem), name="shop")])
    with pytest.raises(ConflictError, match="shop"):
        import_plan(ALICE, grouped, {leaf.sha256: "shop"})
    (imported,) = import_plan(ALICE, grouped)
    assert imported.certificate.name == "shop 2"


def test_an_item_that_is_not_in_the_files_is_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        import_plan(ALICE, plan(make_leaf().pem), {"0" * 64: ""})
    assert caught.value.code == "drop.unknown-item"


def test_groups_share_keys_and_authorities() -> None:
    leaf = make_leaf("a.test", issuer=LOWER)
    parts = [leaf.pem, leaf.key_pem, LOWER.pem, b"noise"]
    result = plan_groups([Group(drop_of(part), source=f"group {number}") for number, part in enumerate(parts)])
    server = next(item for item in result.items if item.kind == "server")
    assert server.has_key
    assert [link.description.label for link in server.item.bundle.chain] == ["Lower"]
    assert [omission.code for omission in result.left_out] == ["input.not-pem"]


def test_a_drop_is_kept_sealed_for_its_owner_alone_and_not_for_long() -> None:
    leaf = make_leaf()
    drop = drop_of(leaf.key_pem, passphrases=("secret",))
    drop_id = keep_drop(ALICE, drop)
    assert leaf.key_pem.splitlines()[1] not in bytes(DropRow.objects.get().token)
    assert open_drop(ALICE, drop_id) == drop
    for actor, wanted in ((Actor("mallory", "page"), drop_id), (ALICE, "drop-0000000000000000"), (ALICE, "\0")):
        with pytest.raises(NotFoundError):
            open_drop(actor, wanted)
    with time_machine.travel(timezone.now() + KEPT + dt.timedelta(seconds=1), tick=False):
        with pytest.raises(NotFoundError):
            open_drop(ALICE, drop_id)
        forget_uploads()
    assert not DropRow.objects.filter(pk=drop_id).exists()


def test_nobody_discards_the_drop_of_another() -> None:
    drop_id = keep_drop(ALICE, Drop(()))
    discard_drop(Actor("mallory", "page"), drop_id)
    assert DropRow.objects.exists()
    discard_drop(ALICE, drop_id)
    assert not DropRow.objects.exists()
