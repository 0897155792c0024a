"""Stand-ins for the APIs of the platforms, on a port of the loopback: they keep what they are told."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

TOKEN = "job-token"
HEAD, OTHER = "a" * 40, "b" * 40
Answer = tuple[int, Any]


class Api(Protocol):
    """What a stand-in says; bytes are a file, all else is JSON."""

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer: ...


@contextmanager
def served(api: Api, header: str) -> Iterator[str]:
    """The address of a stand-in that refuses whoever does not send the token in this header."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length)
            url = urlsplit(self.path)
            if self.headers.get(header.partition(":")[0]) != header.partition(":")[2].strip():
                status, said = 401, {"message": "Bad credentials"}
            else:
                body = sent if self.command == "PUT" else json.loads(sent or b"null")
                status, said = api.answer(self.command, url.path, dict(parse_qsl(url.query)), body)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = _any  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def archive(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr(name, content)
    return packed.getvalue()


@dataclass
class GitHub:
    """Two pull requests of one branch of a fork, 7 with the commit that has run, and snapshots."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    files: dict[int, bytes] = field(default_factory=dict)
    refused: bool = False

    header = f"Authorization: Bearer {TOKEN}"

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        if self.refused:
            return 403, {"message": "Resource not accessible by integration"}
        said: Answer = 404, {"message": f"Not Found: {method} {path}"}
        match (method, path.removeprefix("/repos/o/r/").split("/")):
            case "GET", ["pulls"]:
                assert query["head"] == "somebody:main"
                assert query["state"] == "open"
                said = (
                    200,
                    [
                        {"number": 7, "head": {"sha": HEAD}},
                        {"number": 8, "head": {"sha": OTHER}},
                    ],
                )
            case "GET", ["issues", "7", "comments"]:
                said = 200, self._page(self.comments, query)
            case "POST", ["issues", "7", "comments"]:
                self.add("github-actions[bot]", body["body"])
                said = 201, self.comments[-1]
            case "PATCH", ["issues", "comments", number]:
                self.comments[int(number)]["body"] = body["body"]
                said = 200, self.comments[int(number)]
            case "GET", ["actions", "artifacts"]:
                found = [a for a in self.artifacts if a["name"] == query["name"]]
                said = 200, {"artifacts": self._page(found, query)}
            case "GET", ["actions", "artifacts", number, "zip"]:
                said = 200, self.files[int(number)]
        return said

    @staticmethod
    def _page(items: list[Any], query: Mapping[str, str]) -> list[Any]:
        size, page = int(query["per_page"]), int(query["page"])
        return items[size * (page - 1) : size * page]

    def add(self, login: str, body: str) -> None:
        self.comments.append({"id": len(self.comments), "user": {"login": login}, "body": body})

    def keep(self, name: str, content: bytes, *, branch: str = "main", repository: int = 1) -> None:
        """An artifact that is younger than those before, as GitHub lists them."""
        number = len(self.artifacts)
        run = {"repository_id": 1, "head_repository_id": repository, "head_branch": branch}
        self.artifacts.insert(0, {"id": number, "name": name, "expired": False, "workflow_run": run})
        self.files[number] = content


@dataclass
class AzureDevOps:
    """Pull request 7, and builds of the main branch, the youngest first: number to its artifacts."""

    threads: list[dict[str, Any]] = field(default_factory=list)
    builds: dict[int, dict[str, bytes]] = field(default_factory=dict)
    address: str = ""

    header = f"Authorization: Bearer {TOKEN}"

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        said: Answer = 404, {"message": f"Not Found: {method} {path}"}
        match (method, path.split("/_apis/")):
            case "GET", ["/org", "connectionData"]:
                said = 200, {"authenticatedUser": {"id": "build-service"}}
            case "GET", ["/org/project", "git/repositories/repo/pullRequests/7/threads"]:
                said = 200, {"value": self.threads}
            case "POST", ["/org/project", "git/repositories/repo/pullRequests/7/threads"]:
                self.add("build-service", body["comments"][0]["content"])
                said = 200, self.threads[-1]
            case "PATCH", ["/org/project", thread] if thread.endswith("/comments/1"):
                number = int(thread.split("/")[-3])
                self.threads[number]["comments"][0]["content"] = body["content"]
                said = 200, {}
            case "GET", ["/org/project", "build/builds"]:
                assert query["branchName"] == "refs/heads/main"
                assert query["definitions"] == "3"
                said = 200, {"value": [{"id": number} for number in self.builds]}
            case "GET", ["/org/project", rest] if rest.endswith("/artifacts"):
                number = int(rest.split("/")[-2])
                said = (
                    200,
                    {
                        "value": [
                            {
                                "name": name,
                                "resource": {"downloadUrl": f"{self.address}/files/{number}/{name}?sig=x"},
                            }
                            for name in self.builds[number]
                        ]
                    },
                )
            case "GET", [file] if file.startswith("/files/"):
                _, _, number_, name = file.split("/")
                said = 200, self.builds[int(number_)][name]
        return said

    def add(self, author: str, content: str) -> None:
        comment = {"id": 1, "author": {"id": author}, "content": content}
        self.threads.append({"id": len(self.threads), "comments": [comment]})


@dataclass
class GitLab:
    """The packages of project 5; those of others are hidden."""

    packages: dict[str, bytes] = field(default_factory=dict)

    header = f"JOB-TOKEN: {TOKEN}"

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        place = "/projects/5/packages/generic/"
        if method == "PUT" and path.startswith(place):
            self.packages[path.removeprefix(place)] = body
            return 201, {"message": "201 Created"}
        found = self.packages.get(path.removeprefix(place))
        return (200, found) if found is not None else (404, {"message": "404 Project Not Found"})
