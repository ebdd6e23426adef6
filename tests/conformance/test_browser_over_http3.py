"""A real Chromium that speaks HTTP/3 to a QUIC listener.

It is forced to: by itself it follows an announcement only to servers whose certificate a public authority signed.
"""

import base64
import hashlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Page, sync_playwright

from dataplane.snapshot import DEFAULT, Listener
from tests.certs import Issued, make_leaf
from tests.dataplane.backends import HttpBackend
from tests.dataplane.site import Bound, Site, running_site

pytestmark = pytest.mark.conformance
NAME = "www.test"


@pytest.fixture(scope="module")
def issued() -> Issued:
    return make_leaf(NAME)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture(scope="module")
def listener(site: Site, issued: Issued) -> Iterator[Listener]:
    """A QUIC listener on the port number of an HTTPS listener."""
    with HttpBackend() as backend:
        thread = threading.Thread(target=backend.serve_forever, args=(0.05,))
        thread.start()
        https = site.add(backend.port, bound=[Bound(issued, DEFAULT)], protocol="HTTPS")
        yield site.add(backend.port, bound=[Bound(issued, DEFAULT)], protocol="QUIC", port=https.port, policy=None)
        backend.shutdown()
        thread.join()


@contextmanager
def _browser(issued: Issued, place: str) -> Iterator[Page]:
    """Open a page in a browser that trusts the certificate's key, finds its name here and asks over QUIC."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    key = issued.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pin = base64.b64encode(hashlib.sha256(key).digest()).decode()
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--enable-quic",
        f"--origin-to-force-quic-on={place}",
        f"--ignore-certificate-errors-spki-list={pin}",
        f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium.new_page()
        chromium.close()


def test_page_comes_over_http3(issued: Issued, listener: Listener) -> None:
    place = f"{NAME}:{listener.port}"
    with _browser(issued, place) as page:
        answer = page.goto(f"https://{place}/")
        assert answer is not None
        assert answer.status == 200
        assert page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h3"
