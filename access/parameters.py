"""Query parameters: one that an operation does not have is refused, so that no typing error passes in silence."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _
from ninja.operation import Operation

from console.errors import InvalidInputError

_UNREADABLE = "\N{REPLACEMENT CHARACTER}"  # what the framework puts in the place of bytes that are no UTF-8


@dataclass(frozen=True, slots=True)
class Parameters:
    """The names of the query parameters that an operation takes, in their order, and whether each may come again."""

    known: Mapping[str, bool]

    def refuse_others(self, given: QueryDict) -> None:
        """Raise InvalidInputError for a parameter that is unknown, that comes twice and cannot, or that is no UTF-8."""
        for name, values in given.lists():
            if name not in self.known:
                raise _unknown(name, list(self.known))
            if len(values) > 1 and not self.known[name]:
                raise _twice(name)
            if any(_UNREADABLE in value for value in values):
                raise _not_utf8(name)


def parameters_of(operation: Operation, *more: str) -> Parameters:
    """Return what an operation takes: what its function reads, and ``more``."""
    known: dict[str, bool] = {}
    for model in operation.models:
        if model.__ninja_param_source__ == "query":
            lists = getattr(model, "__ninja_collection_fields__", ())
            known |= {name: name in lists for name in model.__ninja_flatten_map__}
    return Parameters(known | dict.fromkeys(more, False))


def _unknown(name: str, known: list[str]) -> InvalidInputError:
    return InvalidInputError(
        _("There is no parameter “%(name)s” here.") % {"name": name[:60]},
        "request.parameter-unknown",
        field=name[:60],
        way_out=_("Leave it out, or send one of %(names)s.") % {"names": ", ".join(known)}
        if known
        else _("Leave it out: this takes none."),
    )


def _not_utf8(name: str) -> InvalidInputError:
    return InvalidInputError(
        _("The parameter “%(name)s” is not UTF-8.") % {"name": name[:60]},
        "request.parameter-not-utf8",
        field=name[:60],
        way_out=_("Encode it as UTF-8, then with percent signs."),
    )


def _twice(name: str) -> InvalidInputError:
    return InvalidInputError(
        _("The parameter “%(name)s” comes more than once.") % {"name": name[:60]},
        "request.parameter-twice",
        field=name[:60],
        way_out=_("Send it once."),
    )
