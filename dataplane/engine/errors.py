"""What goes wrong with the engine."""


class EngineError(Exception):
    """Say that the engine, or what it needs of the machine, fails; the text names cause and way out."""


class NodeTakenError(EngineError):
    """Say that another process already runs this node or serves its listeners."""
