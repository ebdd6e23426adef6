"""What the REST resources of tags take and answer."""

from typing import Annotated

from ninja import Field, Schema

from access.rest import Body

Tags = Annotated[
    dict[str, str],
    Field(
        description="At most 20: values by key, each of at most 128 printable characters; a key has no “=”.",
        json_schema_extra={"examples": [{"team": "payments", "stage": "production"}]},
    ),
]


class TagsIn(Body):
    """Tags to set."""

    tags: Tags


class TagKeys(Schema):
    """Which tags are meant."""

    key: list[str] = Field(description="Once for each tag.")


class TagsOut(Schema):
    """All tags of an object."""

    tags: Tags
