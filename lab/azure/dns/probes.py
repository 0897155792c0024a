"""One probe of an endpoint, as Traffic Manager makes it: a connection, or a GET that follows no redirect."""

from __future__ import annotations

import http.client
import socket
import ssl

from lab.azure.dns.health import Check


def probe(check: Check, timeout: float) -> str | None:
    """Why the endpoint is not healthy; None when it is. Returns within about `timeout` seconds.

    HTTPS asks for a certificate and does not mind which, as Traffic Manager does.
    """
    try:
        if check.protocol == "TCP":
            with socket.create_connection((check.target, check.port), timeout):
                return None
        return _ask(check, timeout)
    except TimeoutError:
        return f"no answer within {timeout:g} s"
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__


def _ask(check: Check, timeout: float) -> str | None:
    connection: http.client.HTTPConnection
    if check.protocol == "HTTPS":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(check.target, check.port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(check.target, check.port, timeout=timeout)
    headers = {"User-Agent": "Azure Traffic Manager Endpoint Monitor", **dict(check.headers)}
    try:
        connection.request("GET", check.path, headers=headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    if any(low <= status <= high for low, high in check.expected):
        return None
    return f"the status is {status}"
