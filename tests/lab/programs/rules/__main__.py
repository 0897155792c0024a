"""A pack with one mandatory rule."""

from __future__ import annotations

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)


def polite(args: ResourceValidationArgs, report: ReportViolation) -> None:
    """Refuse a rude word."""
    if args.resource_type.endswith("Greeting") and args.props["word"] == "rude":
        report("word is 'rude'; set a kind one, such as 'hello'")


PolicyPack(
    name="manners",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[ResourceValidationPolicy(name="polite", description="Greetings are polite.", validate=polite)],
)
