"""What is kept of a running engine, so that the next process of the node can adopt it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from dataplane.engine.process import ProcessIdentity


@dataclass(frozen=True, slots=True)
class EngineState:
    """A started engine: who it is, its restart epoch, and what it was started from."""

    process: ProcessIdentity
    epoch: int
    binary: str  # path, size and modification time
    bootstrap_sha256: str
    predecessor: ProcessIdentity | None = None  # still drains after a hot restart


def read_state(path: Path) -> EngineState | None:
    """Return the kept state; None when there is none, or the file is of another version."""
    try:
        fields = json.loads(path.read_bytes())
        predecessor = fields.pop("predecessor")
        return EngineState(
            process=ProcessIdentity(**fields.pop("process")),
            predecessor=ProcessIdentity(**predecessor) if predecessor else None,
            **fields,
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_state(path: Path, state: EngineState) -> None:
    """Keep ``state``: whole or not at all."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(state)))
    draft.replace(path)


def fingerprint_of_binary(path: Path) -> str:
    """Return what tells one installed engine from another, without reading its 100 MB."""
    info = path.stat()
    return f"{path} {info.st_size} {info.st_mtime_ns}"
