"""The API's description: what every operation can answer beside its own answers."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from typing_extensions import override

from access.operations import LONG
from lbadmin.examples import answer_example, body_example

PROBLEM = {
    "title": "Problem",
    "description": "Why nothing was done (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "description": "Stable, such as `listener.port-taken`."},
        "detail": {"type": "string", "description": "What is wrong, in the request's language."},
        "field": {"type": "string", "description": "What of the request is at fault, as it spells it."},
        "way_out": {"type": "string", "description": "What to do instead."},
        "errors": {
            "type": "array",
            "description": "The single faults, where there are several.",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_REFUSED = {
    "description": "Refused: nothing was changed.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_ACCEPTED = {
    "description": "With `Prefer: respond-async`: the job that does it.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/JobOut"}}},
}
_KNOWN = {"description": "As it was when the ETag in If-None-Match was answered."}


_JSON = "application/json"


class DescribedApi(NinjaAPI):
    """Describes refusals once, for every operation."""

    @override
    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """Return the description."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"]["Problem"] = PROBLEM
        for path in schema["paths"].values():
            for method, operation in path.items():
                operation["responses"]["4XX"] = _REFUSED
                if operation["operationId"] in LONG:
                    operation["responses"]["202"] = _ACCEPTED
                _give_examples(operation, schema["components"]["schemas"])
                if method == "get":
                    operation["responses"].setdefault("304", _KNOWN)
        return schema


def _give_examples(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Show what is sent to an operation, and what it answers when it is done."""
    if body := operation.get("requestBody", {}).get("content", {}).get(_JSON):
        body["example"] = body_example(body["schema"], schemas)
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get(_JSON)
        if content and str(status).startswith("2"):
            answer["content"] = {_JSON: {**content, "example": answer_example(content["schema"], schemas)}}
