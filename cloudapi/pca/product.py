"""The API of the private authority service, and how it spells its errors."""

from cloudapi.codes import Codes
from cloudapi.operations import Product

CODES = Codes(
    parameters={
        "missing": "400 MissingParameter",
        "unknown": "400 InvalidParameter.{name}",
        "illegal": "400 InvalidParameter.{name}",
        "size": "400 InvalidParameter.{name}",
    },
    domain={
        "authority.days": "400 InvalidParameter.Validity",
        "authority.life": "400 InvalidParameter.Validity",
        "authority.outlived": "400 InvalidParameter.Validity",
        "authority.path-length": "400 InvalidParameter.PathLenConstraint",
        "authority.name-constrained": "400 OperationDenied.NameConstraints",
        "authority.crl-hours": "400 InvalidParameter.CrlDay",
        "authority.expired": "400 OperationDenied.StatusNotSupport",
        "authority.revoked": "400 OperationDenied.StatusNotSupport",
        "authority.not-found": "404 NotFound",
        "certificate.kind": "400 InvalidParameter.Identifier",
        "certificate.name-taken": "400 NameAlreadyExist",
        "certificate.name-invalid": "400 InvalidParameter.AliasName",
        "certificate.not-found": "404 NotFound",
        "certificate.in-use": "400 OperationDenied.CertificateInUse",
        "certificate.no-key": "404 NotFound",
        "certificate.tags": "400 InvalidParameter.Tags",
        "certificate.tag-invalid": "400 InvalidParameter.Tags",
        "csr.refused": "400 InvalidParameter.Csr",
        "export.passphrase": "400 InvalidParameter.EncryptedCode",
        "issued.revoked": "400 OperationDenied.StatusNotSupport",
        "issued.ended": "400 OperationDenied.StatusNotSupport",
        "issued.serial": "400 InvalidParameter.SerialNumber",
        "issued.serial-taken": "400 InvalidParameter.SerialNumber",
        "key.type": "400 InvalidParameter.Algorithm",
        "names.invalid": "400 InvalidParameter.Sans",
        "names.count": "400 InvalidParameter.Sans",
    },
    absent="404 NotFound",
)
PCA = Product("pca", "2020-06-30", CODES, has_client_token=True)
