"""Tags as operators write them: one a line, ``key=value`` or a key alone."""

from certificates.models import Certificate


def read_tags(text: str) -> dict[str, str]:
    """Return the tags of ``text``; the last of a key counts."""
    lines = [line.partition("=") for line in text.splitlines() if line.strip()]
    return {key.strip(): value.strip() for key, _equals, value in lines}


def written_tags(certificate: Certificate) -> str:
    """Return the tags of a certificate as ``read_tags`` reads them."""
    return "\n".join(str(tag) for tag in certificate.tags.all())
