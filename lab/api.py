"""A small client of a cluster's API server, for the lab's own waiting and small changes: no process per question.

Everything else talks to a cluster with kubectl or a real client library.
"""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from typing import Any

from lab.layout import API_PORT, ClusterLayout
from lab.network import netns

TIMEOUT = 5.0


class Unavailable(Exception):  # noqa: N818 - it is a state of the server, which callers expect and wait out
    """No answer, or one that is not 2xx; the text says which.

    Attributes:
        status: of the answer; None when there was none.
    """

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


class Api:
    """Asks one API server as cluster administrator.

    Args:
        fabric: name of the network namespace from which the server is reached.
        cluster: whose API server it is.
        pki: the cluster's certificates.
    """

    def __init__(self, fabric: str, cluster: ClusterLayout, pki: Path) -> None:
        self._fabric, self._host = fabric, str(cluster.control_plane.address)
        self._tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._tls.load_cert_chain(pki / "admin.crt", pki / "admin.key")

    def get(self, path: str) -> str:
        """The body of the answer to GET `path`. Raises `Unavailable`."""
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> str:
        """The body of the answer to any request. Raises `Unavailable`.

        Args:
            body: sent as JSON; None sends nothing.
            kind: the body's media type: of a patch, such as application/merge-patch+json.
        """
        connection = http.client.HTTPSConnection(self._host, API_PORT, timeout=TIMEOUT)
        headers = {} if body is None else {"Content-Type": kind}
        try:
            plain = netns.connect(self._fabric, self._host, API_PORT, TIMEOUT)
            connection.sock = self._tls.wrap_socket(plain, server_hostname=self._host)
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"the API server does not answer ({error})") from None
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise Unavailable(f"the API server says {answer.status}: {text[:300].strip()}", answer.status)
        return text

    def items(self, path: str) -> list[dict[str, Any]]:
        """The objects of the list at `path`. Raises `Unavailable`."""
        found: list[dict[str, Any]] = json.loads(self.get(path))["items"]
        return found

    def version(self) -> str:
        """Such as "v1.36.3". Raises `Unavailable`."""
        return str(json.loads(self.get("/version"))["gitVersion"])


def condition(obj: dict[str, Any], kind: str) -> str | None:
    """The status of one of the object's conditions: "True", "False", "Unknown", or None if it has none."""
    conditions = obj.get("status", {}).get("conditions") or []
    return next((c["status"] for c in conditions if c["type"] == kind), None)
