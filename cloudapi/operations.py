"""Products and their operations: what each takes, what it runs, and how far it is offered."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from access.models import AccessKey
from cloudapi.codes import Codes
from cloudapi.errors import CloudError
from cloudapi.wire.encoding import JSON
from cloudapi.wire.fields import Field
from events.actor import Actor

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one operation: who asks, and the parameters that were sent, decoded (``given``)."""

    operation: "Operation"
    key: AccessKey
    actor: Actor
    request_id: str
    region: str  # RegionId, empty where the request names none
    given: Mapping[str, Any] = field(repr=False)

    def only(self, *names: str) -> dict[str, Any]:
        """Return those of the named parameters that were sent."""
        return {name: self.given[name] for name in names if name in self.given}

    def error(self, code: str, message: str, status: int = 400) -> CloudError:
        """Return an error with a code of the operation's own."""
        return CloudError(code, message, status)


Runner = Callable[[Call], Answer | None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """What a write's JobId tells: on what kind of resource, which field of answer or request names it, and what."""

    resource_type: str
    id_field: str
    operate_type: str  # Create, Update, Delete


@dataclass(frozen=True)
class Operation:
    """One operation. ``lacks`` says what is missing of it, empty where it does everything."""

    product: "Product"
    name: str
    fields: tuple[Field, ...]
    run: Runner
    writes: bool
    lacks: str = ""
    job: JobKind | None = None
    codes: Mapping[str, str] = field(default_factory=dict)  # over those of the product

    @property
    def state(self) -> str:
        """Return full or partial."""
        return "partial" if self.lacks else "full"


@dataclass(eq=False)
class Product:
    """One of the cloud's APIs, told by its version; ``codes`` are the spellings of its errors."""

    name: str
    version: str
    codes: Codes
    default_form: str = JSON  # of V1 requests that name no Format
    has_dry_run: bool = False
    has_client_token: bool = False
    operations: dict[str, Operation] = field(default_factory=dict)
    not_offered: dict[str, str] = field(default_factory=dict)  # name -> why

    def read(
        self, name: str, *fields: Field, lacks: str = "", codes: Mapping[str, str] | None = None
    ) -> Callable[[Runner], Runner]:
        """Declare an operation that changes nothing."""
        return self._declare(name, fields, writes=False, lacks=lacks, codes=codes or {})

    def write(
        self,
        name: str,
        *fields: Field,
        lacks: str = "",
        job: JobKind | None = None,
        codes: Mapping[str, str] | None = None,
    ) -> Callable[[Runner], Runner]:
        """Declare an operation that changes something: one transaction, done or not at all."""
        return self._declare(name, fields, writes=True, lacks=lacks, job=job, codes=codes or {})

    def _declare(self, name: str, fields: Iterable[Field], **more: Any) -> Callable[[Runner], Runner]:
        def declare(run: Runner) -> Runner:
            if name in self.operations:
                raise ValueError(f"{self.name} {name} is declared twice")
            self.operations[name] = Operation(self, name, tuple(fields), run, **more)
            return run

        return declare

    def refuse(self, name: str, why: str) -> None:
        """Declare an operation that is not offered, and why."""
        self.not_offered[name] = why
