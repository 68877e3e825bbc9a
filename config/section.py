"""What every part of the schema is built on."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Keys that belong together."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True
    )
