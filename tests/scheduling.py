"""How tests are shared out: modules with an engine, installation or browser go each to one worker, others test by test.

pytest-xdist's own marks for groups have no effect with pytest 9.
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

WHOLE = (
    "tests/browser/",
    "tests/console/test_large_body.py",
    "tests/dataplane/",
    "tests/e2e/",
    "tests/listeners/test_tls_policies.py",
    "tests/quickstart/",
)


class ModulesWithEngines(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hand out units of work in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith(WHOLE) else nodeid


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ModulesWithEngines:
    """Share the tests out."""
    config.option.loadscopereorder = False
    return ModulesWithEngines(config, log)
