"""A report as one page of HTML: nothing is loaded, nothing runs, and every text is escaped. Pure."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files

import jinja2
from markupsafe import Markup

from federation.graph import draw, svg
from federation.graph.model import counted
from federation.report.certificates import WARN_DAYS, Certificate
from federation.report.model import Report

LATER_DAYS = 60
"""Certificates that end sooner stand out: `pulumi up` renews them then by default."""
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Tile:
    """A number at the top; `tone` is "good", "warn", "bad" or empty."""

    label: str
    value: str
    note: str
    tone: str


def html(report: Report) -> str:
    """The page."""
    css = files("federation.report").joinpath("page.css").read_text()
    facts = report.facts
    found = facts.policies or ()
    text = (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            facts=facts,
            verdict=counted(len(report.problems), "problem") if report.problems else "All is well",
            tiles=[*_tiles(report)],
            map=Markup(svg(draw(replace(report.graph, services=()), heading=False), style="")),  # noqa: S704  escaped there
            ending=sorted(facts.certificates, key=lambda c: (c.expires or _NEVER, c.where, c.what)),
            violations=[each for each in found if each.mandatory],
            advice=[each for each in found if not each.mandatory],
            css=Markup(css),  # noqa: S704  our own file
            policy=_security_policy(css),
            left=lambda each: _left(each, facts.made),
            tone=lambda each: _tone(each.days(facts.made)),
            resource=_resource,
            counted=counted,
        )
    )
    return _printable(text.lstrip())


def _printable(text: str) -> str:
    """Without control characters, which HTML does not allow, and marks that turn the direction of text around."""
    return "".join(
        letter if letter in "\n\t" or letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("federation", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _security_policy(css: str) -> str:
    """Content-Security-Policy: this style sheet, and nothing else (W3C, Content Security Policy Level 3)."""
    digest = base64.b64encode(sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _tiles(report: Report) -> Iterator[Tile]:
    facts = report.facts
    total, missing = len(report.members), len(report.missing)
    note = f"and {missing} not joined" if missing else ""
    yield Tile(
        "Members ready", f"{report.ready} of {total}", note, _good(report.ready == total and not missing)
    )
    services = facts.view.services
    backends = sum(p.ready_backends for s in services for p in s.placements)
    yield Tile("Services", str(len(services)), f"{counted(backends, 'ready backend')}", "")
    yield _names(report)
    yield _first_to_end(report)
    if facts.policies is None:
        yield Tile("Policies", "not looked at", "", "")
    else:
        bad = sum(each.mandatory for each in facts.policies)
        note = f"{counted(len(facts.policies) - bad, 'piece')} of advice"
        yield Tile(
            "Policies violated",
            str(len({e.policy for e in facts.policies if e.mandatory})),
            note,
            _good(not bad),
        )


def _names(report: Report) -> Tile:
    names = report.facts.names
    if names is None:
        return Tile("Names", "not looked at", "", "")
    answers = [right for row in names for _, _, right in row.answers]
    if not answers:
        return Tile("Names", str(len(names)), "no nameserver was asked", "")
    asked = f"{counted(len(answers), 'answer')} for {counted(len(names), 'name')}"
    return Tile("Right answers", f"{sum(answers)} of {len(answers)}", asked, _good(all(answers)))


def _first_to_end(report: Report) -> Tile:
    dated = [each for each in report.facts.certificates if each.expires]
    if not dated:
        return Tile("Certificates", "not seen", "", "")
    first = min(dated, key=lambda c: c.expires or _NEVER)
    return Tile(
        "First certificate to end",
        _left(first, report.facts.made),
        f"{first.what} of {first.where}",
        _tone(first.days(report.facts.made)),
    )


def _left(each: Certificate, now: datetime) -> str:
    days = each.days(now)
    if days is None:
        return "not known"
    return counted(days, "day") if days >= 0 else "ended"


def _tone(days: int | None) -> str:
    if days is None:
        return ""
    return "bad" if days < WARN_DAYS else "warn" if days < LATER_DAYS else "good"


def _good(fine: bool) -> str:
    return "good" if fine else "bad"


def _resource(urn: str) -> str:
    """Its name and type, out of urn:pulumi:STACK::PROJECT::TYPES::NAME."""
    parts = urn.split("::", 3)
    if not urn or parts[-2:-1] == ["pulumi:pulumi:Stack"]:
        return "the stack"
    if len(parts) < 4:
        return urn
    return f"{parts[3]} ({parts[2].rpartition('$')[2]})"
