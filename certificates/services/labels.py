"""What operators write on a certificate: its name, its owner and its tags."""

import re
from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext as _

from certificates.models import Certificate, CertificateTag
from certificates.names import checked_name, name_taken
from certificates.services.rows import current_of, record, unchanged
from certificates.store import search_text
from console.errors import InvalidInputError, NotFoundError
from console.ids import is_id
from console.revisions import save_revision
from events.actor import Actor
from events.feed import recording

LONGEST_OWNER = 200
LONGEST_TAG_KEY, LONGEST_TAG_VALUE = 64, 128
MOST_TAGS = 20
MOST_AT_ONCE = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def rename_certificate(
    actor: Actor, certificate_id: str, *, name: str, expected_revision: int | None = None
) -> Certificate:
    """Give a certificate another name; its id and everything that uses it stay."""
    return update_certificate(actor, certificate_id, name=name, expected_revision=expected_revision)


def update_certificate(
    actor: Actor,
    certificate_id: str,
    *,
    name: str | None = None,
    owner: str | None = None,
    tags: Mapping[str, str] | None = None,
    expected_revision: int | None = None,
) -> Certificate:
    """Change what is given of name, owner and tags; ``tags`` are all that the certificate has afterwards."""
    name = None if name is None else checked_name(name, is_required=True)
    owner = None if owner is None else _checked_owner(owner)
    tags = None if tags is None else checked_tags(tags)
    with recording(actor) as changes:
        certificate = unchanged(certificate_id, expected_revision)
        if name is not None and name != certificate.name:
            old = _rename(certificate, name)
            record(changes, "renamed", certificate, f"Renamed certificate “{old}” to “{name}”")
        if _is_relabelled(certificate, owner, tags):
            record(changes, "labelled", certificate, f"Changed owner or tags of “{certificate.name}”")
        save_revision(certificate, "name", "owner", "search_text")
    return certificate


def _is_relabelled(certificate: Certificate, owner: str | None, tags: Mapping[str, str] | None) -> bool:
    """Give ``certificate`` the owner and the tags, where given and other than before; tell whether they were."""
    before = {tag.key: tag.value for tag in certificate.tags.all()}
    has_new_tags = tags is not None and tags != before
    has_new_owner = owner is not None and owner != certificate.owner
    if tags is not None and has_new_tags:
        CertificateTag.objects.filter(certificate=certificate).delete()
        _insert_tags([certificate.pk], tags)
    if owner is not None:
        certificate.owner = owner
    return has_new_tags or has_new_owner


def label_certificates(
    actor: Actor,
    certificate_ids: Collection[str],
    *,
    owner: str | None = None,
    add_tags: Mapping[str, str] | None = None,
    remove_tags: Collection[str] = (),
) -> int:
    """Give many certificates an owner, give them tags and take tags away; return how many there are.

    Raises NotFoundError, having changed nothing, when one of them does not exist.
    """
    owner = None if owner is None else _checked_owner(owner)
    given = checked_tags(add_tags or {})
    ids = _checked_ids(certificate_ids)
    gone = [
        key for key in remove_tags if not _CONTROL.search(key)
    ]  # no tag has such a key, and PostgreSQL takes no NUL
    with recording(actor) as changes:
        found = list(Certificate.objects.filter(pk__in=filter(is_id, ids)).select_related("current_version"))
        _refuse_absent(ids, found)
        CertificateTag.objects.filter(certificate__in=found, key__in=[*gone, *given]).delete()
        _insert_tags([certificate.pk for certificate in found], given)
        for certificate in found:
            _refuse_too_many(certificate.tags.count())
            certificate.owner = certificate.owner if owner is None else owner
            certificate.revision += 1
            record(changes, "labelled", certificate, f"Changed owner or tags of “{certificate.name}”")
        Certificate.objects.bulk_update(found, ("owner", "revision"), batch_size=100)
    return len(found)


def checked_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags without spaces around them; raise InvalidInputError naming the first that cannot be one."""
    checked = {key.strip(): value.strip() for key, value in tags.items()}
    _refuse_too_many(len(checked))
    for key, value in checked.items():
        if not key or len(key) > LONGEST_TAG_KEY or "=" in key or _CONTROL.search(key):
            message = _("“%(key)s” is no tag: its key has 1 to %(limit)s characters and no “=”.")
            raise _invalid_tag(message % {"key": key[:100], "limit": LONGEST_TAG_KEY})
        if len(value) > LONGEST_TAG_VALUE or _CONTROL.search(value):
            message = _("The value of the tag “%(key)s” has more than %(limit)s characters.")
            raise _invalid_tag(message % {"key": key, "limit": LONGEST_TAG_VALUE})
    return checked


def _rename(certificate: Certificate, name: str) -> str:
    if Certificate.objects.filter(name=name).exclude(pk=certificate.pk).exists():
        raise name_taken(name)
    old, certificate.name = certificate.name, name
    version = current_of(certificate)
    names = version.names.values_list("value", flat=True)
    certificate.search_text = search_text(name, version.common_name, names)
    return old


def _insert_tags(certificate_ids: Sequence[str], tags: Mapping[str, str]) -> None:
    rows = [
        CertificateTag(certificate_id=certificate_id, key=key, value=value)
        for certificate_id in certificate_ids
        for key, value in tags.items()
    ]
    CertificateTag.objects.bulk_create(rows, batch_size=200)


def _checked_owner(text: str) -> str:
    owner = text.strip()
    if len(owner) > LONGEST_OWNER or _CONTROL.search(owner):
        raise InvalidInputError(
            _("The owner has more than %(limit)s characters, or a control character.") % {"limit": LONGEST_OWNER},
            "certificate.owner-invalid",
            field="owner",
        )
    return owner


def _checked_ids(certificate_ids: Collection[str]) -> list[str]:
    ids = list(dict.fromkeys(certificate_ids))
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise InvalidInputError(
            _("Choose 1 to %(limit)s certificates.") % {"limit": MOST_AT_ONCE}, "certificate.none-chosen", field="ids"
        )
    return ids


def _refuse_absent(ids: Sequence[str], found: Sequence[Certificate]) -> None:
    known = {certificate.pk for certificate in found}
    if absent := [certificate_id for certificate_id in ids if certificate_id not in known]:
        raise NotFoundError(
            _("There is no certificate “%(id)s”.") % {"id": absent[0][:64]},
            "certificate.not-found",
            field="ids",
            way_out=_("Nothing was changed. Load the list again."),
        )


def _refuse_too_many(count: int) -> None:
    if count > MOST_TAGS:
        raise InvalidInputError(
            _("A certificate has at most %(limit)s tags.") % {"limit": MOST_TAGS}, "certificate.tags", field="tags"
        )


def _invalid_tag(message: str) -> InvalidInputError:
    return InvalidInputError(message, "certificate.tag-invalid", field="tags")
