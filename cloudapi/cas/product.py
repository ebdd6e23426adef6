"""The API of the certificate service, and how it spells its errors."""

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
        "certificate.name-taken": "400 NameAlreadyExist",
        "certificate.name-invalid": "400 InvalidParameter.Name",
        "certificate.not-found": "404 NotFound",
        "certificate.in-use": "400 OperationDenied.CertificateInUse",
        "certificate.duplicate": "400 CertificateAlreadyExist",
        "certificate.tags": "400 InvalidParameter.Tags",
        "certificate.tag-invalid": "400 InvalidParameter.Tags",
        "key.mismatch": "400 KeyNotMatchCert",
        "request.key-mismatch": "400 KeyNotMatchCert",
        "request.not-found": "404 NotFound",
        "request.completed": "400 OperationDenied.StatusNotSupport",
        "csr.refused": "400 InvalidParameter.Csr",
        "certificate.*": "400 InvalidParameter.Cert",
        "input.*": "400 InvalidParameter.{field}",
        "key.*": "400 InvalidParameter.Key",
    },
    names={"certificate_pem": "Cert", "private_key_pem": "Key", "passphrase": "Key", "csr_pem": "Csr"},
    absent="404 NotFound",
)
CAS = Product("cas", "2020-04-07", CODES, has_client_token=True)
