"""Every write to the repository: certificates come in, get versions and labels, and go."""

from certificates.services.deletion import delete_certificate
from certificates.services.imports import (
    IMPORTED_KINDS,
    NewCertificate,
    import_certificate,
    import_certificates,
    store_bundles,
)
from certificates.services.labels import label_certificates, rename_certificate, update_certificate
from certificates.services.parsing import Imported
from certificates.services.versions import (
    replace_certificate,
    roll_back_certificate,
    store_replacement,
)

__all__ = (
    "IMPORTED_KINDS",
    "Imported",
    "NewCertificate",
    "delete_certificate",
    "import_certificate",
    "import_certificates",
    "label_certificates",
    "rename_certificate",
    "replace_certificate",
    "roll_back_certificate",
    "store_bundles",
    "store_replacement",
    "update_certificate",
)
