"""API servers whose every object and log has something secret in it, each with a mark that is looked for."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from federation.kube import Object, Ref
from tests.unit.live_api_fixtures import LiveApi


class WholeApi(LiveApi):
    """Also answers for single objects, namespaces and logs.

    Attributes:
        logs: "namespace/pod/container" → text.
        forbidden: ends of paths that it refuses with 403.
        asked: paths of all requests.
        stored: bearer token that a kubeconfig for it has.
    """

    def __init__(self) -> None:
        super().__init__()
        self.logs: dict[str, str] = {}
        self.forbidden: set[str] = set()
        self.asked: list[str] = []
        self.token = "t"

    @property
    def kubeconfig(self) -> str:
        config = yaml.safe_load(super().kubeconfig)
        config["users"][0]["user"]["token"] = self.token
        return yaml.safe_dump(config)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        self.asked.append(url.path)
        status, body = (0, "") if self.down else self._found(url.path, parse_qs(url.query))
        if not status:
            request.close_connection = True
            return
        self._send(request, status, (body if isinstance(body, str) else json.dumps(body)).encode())

    def _found(self, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        if path == "/version":
            return 200, {"gitVersion": "v1.36.3"}
        if path == "/readyz":
            return 200, "ok"
        if any(path.endswith(end) for end in self.forbidden):
            return 403, {"message": f"{path} is forbidden"}
        words = path.strip("/").split("/")
        namespace = words[words.index("namespaces") + 1] if "namespaces" in words[:-2] else None
        if path.endswith("/log"):
            log = self.logs.get(f"{namespace}/{words[-2]}/{query['container'][0]}")
            return (200, log) if log is not None else (400, {"message": "container is waiting to start"})
        return self._objects_at(path, words, namespace)

    def _objects_at(self, path: str, words: list[str], namespace: str | None) -> tuple[int, Any]:
        whole = path.replace(f"/namespaces/{namespace}", "") if namespace else path
        if whole in self._objects:
            items = [o for (ns, _), o in self._objects[whole].items() if namespace in (None, ns)]
            return 200, {"items": items, "metadata": {"resourceVersion": "1"}}
        found = self._objects.get(whole.rpartition("/")[0], {}).get((namespace or "", words[-1]))
        return (200, found) if found else (404, {"message": "not found"})


class Marks:
    """Makes secrets, and remembers them."""

    def __init__(self) -> None:
        self.all: dict[str, str] = {}
        self._numbers = count(1)

    def new(self, what: str) -> str:
        """A text that stands nowhere else."""
        mark = f"Mark{next(self._numbers):03}zQ{'x' * 6}"
        self.all[mark] = what
        return mark

    def jwt(self, what: str) -> str:
        """A token whose middle has the mark."""
        return f"eyJhbGciOiJSUzI1NiJ9.{self.new(what)}.c2lnbmF0dXJl"

    def pem(self, what: str) -> str:
        return f"-----BEGIN PRIVATE KEY-----\n{self.new(what)}\n-----END PRIVATE KEY-----\n"

    def found_in(self, text: str) -> list[str]:
        """What is in a text, as it is or in base64."""
        return [
            what
            for mark, what in self.all.items()
            if mark in text or any(form in text for form in _packed(mark))
        ]


def _packed(mark: str) -> Iterator[str]:
    """A text in base64 wherever it may begin in a longer one."""
    for offset in range(3):
        packed = base64.b64encode(b"\0" * offset + mark.encode()).decode()
        yield packed[4 if offset else 0 : -4]


def secret(name: str, namespace: str, **values: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "Opaque",
        "data": {key: base64.b64encode(text.encode()).decode() for key, text in values.items()},
    }


def namespace(name: str, **labels: str) -> Object:
    return {"metadata": {"name": name, "labels": {k.replace("_", "/"): v for k, v in labels.items()}}}


def texts(marks: Marks, place: str) -> str:
    """Everything that a program may print and must not."""
    return "\n".join(
        (
            f"I1129 12:00:00 server.go:1] started in {place}",
            f"token={marks.new(f'{place}: token=')} next",
            f'{{"level":"info","password":"{marks.new(f"{place}: JSON")}","port":1}}',
            f"Authorization: Bearer {marks.jwt(f'{place}: header')}",
            f'curl -H "authorization: Token {marks.new(f"{place}: other scheme")}" x',
            f"proxy http://user:{marks.new(f'{place}: URL')}@proxy:3128/ used",
            f"etcdctl --user root:{marks.new(f'{place}: etcd user')} get /",
            f"run --token {marks.new(f'{place}: option')} --password='{marks.new(f'{place}: quoted')}'",
            f"AccountName=a;AccountKey={marks.new(f'{place}: connection string')};EndpointSuffix=x",
            marks.pem(f"{place}: key"),
            f"users: [{{user: {{token: {marks.new(f'{place}: flow YAML')}}}}}]",
            f"password: two words {marks.new(f'{place}: words')}",
            f"password: |\n  {marks.new(f'{place}: block')}\nport: 1",
            f"- name: DB_PASSWORD\n  value: {marks.new(f'{place}: variable')}",
        )
    )


def pod_spec(marks: Marks, place: str) -> Object:
    env = [
        {"name": "DB_PASSWORD", "value": marks.new(f"{place}: env")},
        {"name": "AZURE_CLIENT_SECRET", "value": marks.new(f"{place}: env")},
        {"name": "REGISTRY_AUTH", "value": marks.new(f"{place}: env")},
        {"name": "PORT", "value": "8080"},
    ]
    command = ["serve", "--token", marks.new(f"{place}: args"), f"--api-key={marks.new(f'{place}: args')}"]
    return {
        "nodeName": "n1",
        "containers": [{"name": "main", "image": "i:1", "env": env, "command": command}],
    }


def pod(marks: Marks, name: str, namespace: str) -> Object:
    return {
        "metadata": {"name": name, "namespace": namespace, "managedFields": [{"manager": "kubelet"}]},
        "spec": pod_spec(marks, f"pod {namespace}/{name}"),
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "main", "image": "i:1", "ready": True, "restartCount": 1}],
        },
    }


def event(marks: Marks, namespace: str) -> Object:
    return {
        "metadata": {"name": "e1", "namespace": namespace},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": "p"},
        "type": "Warning",
        "reason": "Failed",
        "message": f"cannot pull with token={marks.new(f'event in {namespace}')}",
        "lastTimestamp": "2026-11-29T12:00:00Z",
        "count": 3,
    }


def fill(api: WholeApi, marks: Marks, *namespaces: str) -> None:
    """A cluster with parts of the federation in these namespaces."""
    for name in namespaces:
        value = marks.new(f"Secret in {name}")
        config = texts(marks, f"ConfigMap in {name}")
        inner = secret("inner", name, password=marks.new(f"last applied in {name}"))
        api.put(Ref("v1", "namespaces"), namespace(name, **{"app.kubernetes.io_part-of": "federation"}))
        api.put(Ref("v1", "secrets"), secret("plain", name, password=value, user="root"))
        api.put(
            Ref("v1", "configmaps"),
            {
                "metadata": {
                    "name": "config",
                    "namespace": name,
                    "annotations": {
                        "kubectl.kubernetes.io/last-applied-configuration": json.dumps(inner),
                        "note": f"Bearer {marks.jwt(f'annotation in {name}')}",
                    },
                },
                "data": {"file": config, "token": marks.new(f"key of a ConfigMap in {name}")},
            },
        )
        api.put(Ref("v1", "pods"), pod(marks, "p1", name))
        api.put(Ref("v1", "events"), event(marks, name))
        api.put(
            Ref("apps/v1", "deployments"),
            {
                "metadata": {"name": "d1", "namespace": name},
                "spec": {"template": {"spec": pod_spec(marks, f"deployment in {name}")}},
            },
        )
        packed = base64.b64encode(value.encode()).decode()
        api.logs[f"{name}/p1/main"] = (
            f"{texts(marks, f'log in {name}')}\nunlike a {value} or {packed} of it\n"
        )
