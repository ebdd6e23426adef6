"""The description of the REST API names every operation once: generated clients make a function of each name."""

import json
from collections import Counter, defaultdict
from typing import Any

import pytest
from ninja.openapi.schema import OpenAPISchema

from lbadmin.api import api


def test_every_operation_has_a_name_of_its_own() -> None:
    methods = [operation for path in api.get_openapi_schema()["paths"].values() for operation in path.values()]
    names = Counter(operation["operationId"] for operation in methods)
    assert len(methods) > 60
    assert [name for name, count in names.items() if count > 1] == []


def test_every_schema_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two schemas of one name would both be described as the later one."""
    described: dict[str, list[str]] = defaultdict(list)
    add = OpenAPISchema.add_schema_definitions

    def noted(schema: OpenAPISchema, definitions: dict[str, Any]) -> None:
        for name, definition in definitions.items():
            if (told := json.dumps(definition, sort_keys=True)) not in described[name]:
                described[name].append(told)
        add(schema, definitions)

    monkeypatch.setattr(OpenAPISchema, "add_schema_definitions", noted)
    api.get_openapi_schema()
    assert [name for name, told in described.items() if len(told) > 1] == []
