"""Watching a collection: what is asked, how events come, and how a watch ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from federation.errors import ForbiddenError, RejectedError, UnreachableError
from federation.kube import Event, Kube, Listing, Ref
from federation.kube_answers import GoneError
from federation.kubeconfig import Access
from tests.unit.api_server_fixtures import Script, Serve, serve_fixture  # noqa: F401

SERVICES = Ref("v1", "services")
BREAK = b"break off"


@pytest.fixture(name="api")
def api_fixture(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Script:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return serve()


@pytest.fixture(name="kube")
def kube_fixture(api: Script) -> Kube:
    return Kube(Access(server=api.url), "cluster fc01")


def event(kind: str, name: str, version: str) -> dict[str, Any]:
    return {"type": kind, "object": {"metadata": {"name": name, "resourceVersion": version}}}


def text(*events: dict[str, Any]) -> str:
    return "".join(json.dumps(e) + "\n" for e in events)


class Stream:
    """A server that sends what it is given, in chunks (RFC 9112 §7.1), until it is given None."""

    def __init__(self) -> None:
        self.parts: Queue[bytes | None] = Queue()
        stream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                while (part := stream.parts.get()) not in (None, BREAK):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(part or b""), part))
                if part is None:
                    self.wfile.write(b"0\r\n\r\n")
                self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.parts.put(None)
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(name="stream")
def stream_fixture(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stream]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    stream = Stream()
    yield stream
    stream.close()


def test_a_listing_says_from_where_to_watch(kube: Kube, api: Script) -> None:
    one, two = ({"metadata": {"name": name}} for name in ("a", "b"))
    api.says(
        (200, {"items": [one], "metadata": {"continue": "t", "resourceVersion": "7"}}),
        (200, {"items": [two], "metadata": {"resourceVersion": "7"}}),
    )
    assert kube.listing(SERVICES) == Listing([one, two], "7")


def test_pages_can_be_had_one_by_one_and_there_is_always_one(kube: Kube, api: Script) -> None:
    api.says((200, {"items": [1], "metadata": {"continue": "t", "resourceVersion": "7"}}), (404, {}))
    assert list(kube.pages(SERVICES)) == [Listing([1], "7"), Listing([], "")]  # type: ignore[list-item]


def test_a_watch_asks_for_changes_since_then_and_for_bookmarks(kube: Kube, api: Script) -> None:
    assert list(kube.watch(SERVICES, since="7", labels="a=b", seconds=2.6)) == []
    assert [asked.path for asked in api.asked] == [
        "/api/v1/services?watch=1&resourceVersion=7&allowWatchBookmarks=true&timeoutSeconds=3&labelSelector=a%3Db"
    ]


def test_changes_come_in_their_order_with_the_version_to_go_on_from(kube: Kube, api: Script) -> None:
    happened = [event("ADDED", "a", "8"), event("DELETED", "a", "9"), event("BOOKMARK", "", "12")]
    api.says((200, text(*happened)))
    found = list(kube.watch(SERVICES, since="7"))
    assert found == [Event(e["type"], e["object"]) for e in happened]
    assert [e.version for e in found] == ["8", "9", "12"]


def test_a_change_is_told_when_it_happens_though_its_text_comes_in_pieces(stream: Stream) -> None:
    watch = Kube(Access(server=stream.url), "x").watch(SERVICES, since="7")
    whole = text(event("ADDED", "a", "8"), event("MODIFIED", "a", "9")).encode()
    middle = whole.index(b"\n") + 5
    stream.parts.put(whole[:3])
    stream.parts.put(whole[3:middle])
    assert next(watch).version == "8", "before the second one is whole"
    stream.parts.put(whole[middle:])
    assert next(watch).version == "9"
    stream.parts.put(None)
    assert list(watch) == []


def test_a_connection_that_breaks_ends_the_watch_with_an_error(stream: Stream) -> None:
    watch = Kube(Access(server=stream.url), "cluster fc01").watch(SERVICES, since="7")
    stream.parts.put(text(event("ADDED", "a", "8")).encode() + b'{"type": "MOD')
    assert next(watch).version == "8"
    stream.parts.put(BREAK)
    with pytest.raises(UnreachableError) as caught:
        next(watch)
    assert str(caught.value) == (
        f"cluster fc01: {stream.url} does not answer: Response ended prematurely. "
        "Next: see whether it runs and can be reached."
    )


def test_a_server_that_falls_silent_is_given_up(stream: Stream) -> None:
    watch = Kube(Access(server=stream.url), "x", timeout=0.1).watch(SERVICES, since="7", seconds=0.1)
    with pytest.raises(UnreachableError, match="timed out"):
        next(watch)


def test_who_leaves_the_loop_leaves_no_connection(stream: Stream) -> None:
    watch = Kube(Access(server=stream.url), "x").watch(SERVICES, since="7")
    stream.parts.put(text(event("ADDED", "a", "8")).encode())
    assert next(watch).version == "8"
    watch.close()  # type: ignore[attr-defined]  # it is a generator
    assert list(watch) == []


@pytest.mark.parametrize("early", [True, False], ids=["at once", "in the middle"])
def test_a_version_that_is_too_old_is_an_error_of_its_own(kube: Kube, api: Script, early: bool) -> None:
    status = {"kind": "Status", "code": 410, "message": "too old resource version: 7 (9)"}
    api.says((410, status) if early else (200, text({"type": "ERROR", "object": status})))
    with pytest.raises(GoneError) as caught:
        list(kube.watch(SERVICES, since="7"))
    assert str(caught.value) == (
        "cluster fc01: cannot watch services: too old resource version: 7 (9). "
        "Next: list it anew, and watch from there."
    )


def test_a_refusal_and_a_kind_that_is_not_there_are_told(kube: Kube, api: Script) -> None:
    api.says((403, {"message": "no"}), (404, "404 page not found"))
    with pytest.raises(ForbiddenError, match="cannot watch services: no"):
        list(kube.watch(SERVICES, since="7"))
    with pytest.raises(RejectedError, match="404 page not found"):
        list(kube.watch(SERVICES, since="7"))
