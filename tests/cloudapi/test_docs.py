"""The docs say which operations there are."""

from alibabacloud_alb20200616.client import Client as AlbClient
from alibabacloud_nlb20220430.client import Client as NlbClient

from cloudapi.catalogue import products
from cloudapi.management.commands.writecloudapitable import PAGE
from cloudapi.table import TITLES, with_table


def test_table_of_operations_is_fresh() -> None:
    page = PAGE.read_text()
    assert with_table(page) == page, "run: manage.py writecloudapitable"


def test_every_product_is_offered_under_its_version() -> None:
    assert {(product.name, product.version) for product in products()} == set(TITLES)


def test_official_clients_have_every_operation() -> None:
    clients = {"2022-04-30": NlbClient, "2020-06-16": AlbClient}
    for product in products():
        client = clients.get(product.version)
        for name in product.operations if client else ():
            method = "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
            assert hasattr(client, method), method
