"""What can be configured of a policy, and exceptions from it."""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """A misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Exemption(Strict):
    """Something that may be as it is, for a reason and until a day."""

    subject: str = Field(
        description="what may be as it is, as the message names it in quotes; * stands for any text",
        min_length=1,
    )
    resource: str = Field(
        "*", description="name of the resource in the program; * stands for any text", min_length=1
    )
    reason: str = Field(description="why, for whoever reviews it next", min_length=10)
    expires: date = Field(description="the last day on which it counts, such as 2027-06-30")

    def covers(self, resource: str, subject: str) -> bool:
        """Whether it is about this finding, in force or not."""
        return fnmatchcase(resource, self.resource) and fnmatchcase(subject, self.subject)


class PolicySettings(Strict):
    """Of any policy."""

    exceptions: tuple[Exemption, ...] = Field(
        (), description="what may be as it is; one that has expired is a violation"
    )
