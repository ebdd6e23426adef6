"""Why the quick start cannot go on."""


class StartError(Exception):
    """Say in a sentence, without a traceback, what keeps lbadmin from starting and what to do."""
