"""The description of the REST API names every operation once: generated clients make a function of each name."""

from collections import Counter

from lbadmin.api import api


def test_every_operation_has_a_name_of_its_own() -> None:
    methods = [operation for path in api.get_openapi_schema()["paths"].values() for operation in path.values()]
    names = Counter(operation["operationId"] for operation in methods)
    assert len(methods) > 60
    assert [name for name, count in names.items() if count > 1] == []
