"""Every write to accounts with ACME servers; the server is spoken to before anything is stored."""

import logging
import re

from cryptography import x509
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from certificates.key_types import generate_key
from certificates.keys import seal
from console.errors import ConflictError, InvalidInputError
from console.revisions import refuse_stale, save_revision
from events.actor import Actor
from events.feed import recording
from renewals.acme.addresses import checked_directory_url
from renewals.acme.client import Binding, Server, change_contact, deactivate, register
from renewals.keys import DEFAULT_KEY_TYPE, key_pem
from renewals.models import AcmeAccount
from renewals.problems import AttemptFailedError
from renewals.selectors import account_by_id

LONGEST_NAME = 128
LONGEST_KEY_ID = 255
LONGEST_EAB_KEY = 1000
LARGEST_CA_BYTES = 100_000

logger = logging.getLogger(__name__)


def create_account(
    actor: Actor,
    *,
    name: str,
    directory_url: str,
    contact: str = "",
    trusted_ca_pem: str = "",
    eab_key_id: str = "",
    eab_key: str = "",
    terms_agreed: bool = False,
) -> AcmeAccount:
    """Register an account with a fresh key; raise DomainError, having stored nothing, when the server refuses."""
    _check_agreed(agreed=terms_agreed)
    account = AcmeAccount(
        name=_checked_name(name),
        directory_url=checked_directory_url(directory_url),
        contact=_checked_contact(contact),
        trusted_ca_pem=_checked_ca(trusted_ca_pem),
        created_by=actor.name,
    )
    binding = _checked_binding(eab_key_id, eab_key)
    _check_name_is_free(account)
    key = key_pem(generate_key(DEFAULT_KEY_TYPE))
    server = Server(account.directory_url, account.trusted_ca_pem)
    account.account_url = register(server, key, account.contact, binding)
    account.key = seal(key)
    if binding:
        account.eab_key_id, account.eab_key = binding.key_id, seal(binding.key.encode())
    with recording(actor) as changes:
        _check_name_is_free(account)
        account.save(force_insert=True)
        changes.record("acme_account.created", account, f"Created ACME account “{account.name}”")
    return account


def update_account(
    actor: Actor,
    account_id: str,
    *,
    expected_revision: int | None = None,
    name: str | None = None,
    contact: str | None = None,
    trusted_ca_pem: str | None = None,
) -> AcmeAccount:
    """Change what is given of an account; another contact is told to the server first."""
    account = _unchanged(account_id, expected_revision)
    old_contact = account.contact
    account.name = account.name if name is None else _checked_name(name)
    account.contact = account.contact if contact is None else _checked_contact(contact)
    account.trusted_ca_pem = account.trusted_ca_pem if trusted_ca_pem is None else _checked_ca(trusted_ca_pem)
    _check_name_is_free(account)
    if account.contact != old_contact:
        change_contact(account, account.contact)
    with recording(actor) as changes:
        _unchanged(account_id, account.revision)  # the server took a moment
        _check_name_is_free(account)
        save_revision(account, "name", "contact", "trusted_ca_pem")
        changes.record("acme_account.updated", account, f"Changed ACME account “{account.name}”")
    return account


def delete_account(actor: Actor, account_id: str, *, expected_revision: int | None = None) -> bool:
    """Delete an account that no renewal uses; return whether the server was told that it is not used any more."""
    account = _unchanged(account_id, expected_revision)
    _check_unused(account)
    is_told = _deactivated(account)
    with recording(actor) as changes:
        _unchanged(account_id, account.revision)
        _check_unused(account)
        summary = f"Deleted ACME account “{account.name}”"
        changes.record("acme_account.deleted", account, summary, server_told=is_told)
        account.delete()
    return is_told


def _deactivated(account: AcmeAccount) -> bool:
    """Tell the server; one that is gone must not keep the account here for ever."""
    try:
        deactivate(account)
    except AttemptFailedError as failure:
        logger.warning("the account %s could not be deactivated: %s", account.pk, failure)
        return False
    return True


def _unchanged(account_id: str, expected_revision: int | None) -> AcmeAccount:
    account = account_by_id(account_id)
    refuse_stale(account, expected_revision, "account.stale")
    return account


def _check_unused(account: AcmeAccount) -> None:
    names = list(account.renewals.order_by("name").values_list("name", flat=True)[:6])
    if names:
        shown = ", ".join(names[:5]) + (" …" if len(names) > len(names[:5]) else "")
        raise ConflictError(
            _("“%(name)s” orders certificates: %(renewals)s.") % {"name": account.name, "renewals": shown},
            "account.in-use",
            way_out=_("Delete these renewals first."),
        )


def _check_agreed(*, agreed: bool) -> None:
    if not agreed:
        raise InvalidInputError(
            _("An ACME server registers only those who agree to its terms of service."),
            "account.terms",
            field="terms_agreed",
            way_out=_("Read them at the authority's site and agree."),
        )


def _checked_name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInputError(
            _("An account needs a name of 1 to %(most)s characters, without line breaks.") % {"most": LONGEST_NAME},
            "account.invalid-name",
            field="name",
            way_out=_("Choose another name."),
        )
    return name


def _check_name_is_free(account: AcmeAccount) -> None:
    if AcmeAccount.objects.filter(name=account.name).exclude(pk=account.pk).exists():
        raise ConflictError(
            _("An account called “%(name)s” exists already.") % {"name": account.name},
            "account.name-taken",
            field="name",
            way_out=_("Choose another name."),
        )


def _checked_contact(text: str) -> str:
    contact = text.strip()
    try:
        if contact:
            validate_email(contact)
    except ValidationError:
        contact = ","
    # A comma would make two addresses of it, a question mark a subject (RFC 6068).
    if re.search(r"[,?]", contact):
        raise InvalidInputError(
            _("“%(address)s” is not a mail address.") % {"address": text.strip()[:320]},
            "account.invalid-contact",
            field="contact",
            way_out=_("Write it like ops@example.com, or leave it empty."),
        )
    return contact


def _checked_ca(text: str) -> str:
    pem = text.strip()
    if not pem:
        return ""
    if not _is_pem(pem):
        raise InvalidInputError(
            _("The trusted CA holds no certificate in PEM."),
            "account.invalid-ca",
            field="trusted_ca_pem",
            way_out=_("Paste the CA certificate that signed the server's own, or leave it empty."),
        )
    return pem + "\n"


def _is_pem(pem: str) -> bool:
    try:
        return len(pem) <= LARGEST_CA_BYTES and bool(x509.load_pem_x509_certificates(pem.encode()))
    except (ValueError, x509.InvalidVersion):
        return False


def _checked_binding(key_id: str, key: str) -> Binding | None:
    key_id, key = key_id.strip(), "".join(key.split())
    if bool(key_id) != bool(key):
        raise InvalidInputError(
            _("An external account binding has both a key id and a key."),
            "account.incomplete-eab",
            field="eab_key" if key_id else "eab_key_id",
            way_out=_("Give both as the authority gave them to you, or leave both empty."),
        )
    if len(key_id) > LONGEST_KEY_ID or not key_id.isprintable():
        raise _invalid_binding(_("The key id is longer than any, or holds control characters."), "eab_key_id")
    if len(key) > LONGEST_EAB_KEY or not re.fullmatch(r"([A-Za-z0-9_-]{2,}={0,2})?", key):
        raise _invalid_binding(_("The key of the external account binding is not base64url."), "eab_key")
    return Binding(key_id, key) if key_id else None


def _invalid_binding(message: str, field: str) -> InvalidInputError:
    way_out = _("Copy it from the authority once more.")
    return InvalidInputError(message, "account.invalid-eab", field=field, way_out=way_out)
