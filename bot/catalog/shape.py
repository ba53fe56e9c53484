"""What every part of the configuration file is made of: a shape, and the keys that it has."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo


class Shape(BaseModel):
    """Unknown keys are faults; a key without a value counts as not written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def leave_out_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = cls.list_keys()
        return {key: value for key, value in data.items() if value is not None or key not in known}

    @classmethod
    def list_keys(cls) -> dict[str, FieldInfo]:
        """What may be written, by the name that it has in the file."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}


def key(description: str, example: str, **given: Any) -> Any:
    """Declare a key of the file. Without a default it must be there."""
    return Field(description=description, examples=[example], **given)
