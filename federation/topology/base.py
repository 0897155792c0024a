"""What all parts of a topology have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """An unknown key is a mistake, not a comment; nothing changes after it was checked."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
