"""Lists a page at a time: `$top`, `$skiptoken`, `nextLink`."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from lab.azure.http import ArmError, Document, Request


def page(documents: list[Document], request: Request, size: int) -> Document:
    """The page that is asked for, and the link to the next one.

    `$skiptoken` is the number of documents before the page, as clients have to take it for opaque anyway.
    """
    size = min(size, _number(request, "$top", size)) or size
    start = _number(request, "$skiptoken", 0)
    found: Document = {"value": documents[start : start + size]}
    if start + size < len(documents):
        query = {**request.query, "$skiptoken": str(start + size)}
        found["nextLink"] = f"https://{request.host}{quote(request.path)}?{urlencode(query)}"
    return found


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    if not text:
        return default
    if not text.isdecimal():
        raise ArmError(400, "InvalidParameterValue", f"The value '{text}' of '{name}' is no number.")
    return int(text)
