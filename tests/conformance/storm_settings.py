"""Settings of the processes that a storm kills: nothing differs but how often everything is looked for."""

from tests.alerts.story_settings import *  # noqa: F403

ALERTS_SCAN_MINUTES: float = 1 / 60  # type: ignore[no-redef]
