"""The licences of Python distributions, as they declare them, and which of them this project may depend on."""

from __future__ import annotations

from importlib.metadata import Distribution

from license_expression import ExpressionError, ExpressionParseError, LicenseExpression, get_spdx_licensing

ALLOWED = frozenset(
    {
        *(
            "0BSD",
            "Apache-2.0",
            "BSD-2-Clause",
            "BSD-3-Clause",
            "ISC",
            "MIT",
            "MIT-0",
            "PSF-2.0",
            "Unlicense",
        ),
        # File by file: what links to such a library, or ships it as it is, keeps its own licence.
        "MPL-2.0",
    }
)
"""SPDX identifiers. What is not here, such as the GPL or a licence that restricts use, is a question for people."""
NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""What distributions without an SPDX expression write, to what that means."""
_SPDX = get_spdx_licensing()


def declared(distribution: Distribution) -> str | None:
    """The SPDX expression of a distribution, from the first field of its metadata that says something; None: none does.

    The fields are those of the core metadata 2.4: License-Expression, then the older License and classifiers.
    """
    metadata = distribution.metadata
    classifiers = [line for line in metadata.get_all("Classifier", []) if line.startswith("License ::")]
    texts = [*metadata.get_all("License-Expression", []), *metadata.get_all("License", [])]
    for text in (*texts, *(line.rpartition(" :: ")[2] for line in classifiers)):
        if text and (found := _expression(NAMES.get(text, text))):
            return found
    return None


def allowed(expression: str) -> bool:
    """Whether an SPDX expression leaves a choice in which every licence is allowed."""
    return _fits(_SPDX.parse(expression))


def _expression(text: str) -> str | None:
    """As SPDX writes it; None for a text that is no expression, such as a whole licence."""
    try:
        return str(_SPDX.parse(text, validate=True))
    except (ExpressionError, ExpressionParseError):
        return None


def _fits(expression: LicenseExpression) -> bool:
    if expression.isliteral:
        return str(expression) in ALLOWED
    choice = any if isinstance(expression, _SPDX.OR) else all
    return choice(_fits(part) for part in expression.args)
