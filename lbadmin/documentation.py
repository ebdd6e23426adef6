"""The page that documents the REST API."""

from ninja.openapi.docs import Swagger

from lbadmin.environment import BASE_DIR


class Documentation(Swagger):
    """The framework's page, in the frame of the console."""

    template_cdn = str(BASE_DIR / "templates" / "ninja" / "swagger.html")  # in place of one that loads from afar
