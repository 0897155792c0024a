"""The CRDs out of a module that a local proxy serves; its hash is worked out here by hand."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from federation.karmada import release
from federation.karmada.release import DEFAULT_PROXY, FIX, MODULE, CrdsError, crds, hash1, proxy

VERSION = "1.18.2"
ROOT = f"{MODULE}@v{VERSION}/"
KEPT = f"{ROOT}charts/karmada/_crds/"
FILES = {
    f"{ROOT}go.mod": b"module x\n",
    f"{KEPT}bases/work/works.yaml": b"kind: CustomResourceDefinition\n",
    f"{KEPT}patches/webhook.yaml": b"kind: Patch\n",
    f"{ROOT}charts/karmada/values.yaml": b"a: 1\n",
}
SUBJECT = f"CRDs of Karmada {VERSION}"


def packed(files: dict[str, bytes] = FILES) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def by_hand(files: dict[str, bytes] = FILES) -> str:
    lines = sorted((name, sha256(content).hexdigest()) for name, content in files.items())
    summary = "".join(f"{digest}  {name}\n" for name, digest in lines)
    return "h1:" + b64encode(sha256(summary.encode()).digest()).decode()


class Proxy:
    """Answers every request with the same."""

    def __init__(self) -> None:
        self.status, self.content = 200, packed()
        self.announced: int | None = None  # bytes, if not what is sent
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                self.send_response(outer.status)
                self.send_header("Content-Length", str(outer.announced or len(outer.content)))
                self.end_headers()
                self.wfile.write(outer.content)

            def log_message(self, *_: object) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        self.environ = {"GOPROXY": f"direct,http://user:hunter2@{self.address}/,off"}
        self.url = f"http://{self.address}/{MODULE}/@v/v{VERSION}.zip"


@pytest.fixture(name="server")
def server_fixture(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setitem(release.HASHES, VERSION, by_hand())
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    served = Proxy()
    thread = threading.Thread(target=served.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.server.shutdown()
    thread.join()
    served.server.server_close()


def refusal(served: Proxy, cache: Path, version: str = VERSION) -> str:
    with pytest.raises(CrdsError) as caught:
        crds(version, cache, served.environ)
    assert FIX in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
    return f"{caught.value.obj}: {caught.value.cause}"


def test_only_the_crds_are_kept_and_fetched_once(server: Proxy, tmp_path: Path) -> None:
    cache = tmp_path / "a" / "cache"
    folder = crds(VERSION, cache, server.environ)
    assert folder == cache / "karmada-v1.18.2"
    assert {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()} == {
        "bases/work/works.yaml": b"kind: CustomResourceDefinition\n",
        "patches/webhook.yaml": b"kind: Patch\n",
    }
    assert crds(VERSION, cache, server.environ) == folder
    assert server.asked == [f"/{MODULE}/@v/v{VERSION}.zip"]
    assert list(cache.iterdir()) == [folder], "no draft is left"


def test_two_that_download_at_once_both_have_it(server: Proxy, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: crds(VERSION, tmp_path, server.environ), range(4)))
    assert set(found) == {tmp_path / "karmada-v1.18.2"}
    assert list(tmp_path.iterdir()) == found[:1]


def test_a_module_with_another_hash_is_refused(server: Proxy, tmp_path: Path) -> None:
    changed = {**FILES, f"{ROOT}go.mod": b"module y\n"}
    server.content = packed(changed)
    assert refusal(server, tmp_path) == (
        f"{SUBJECT}: {server.url} is not the release:"
        f" its hash is {by_hand(changed)}, that of the release {by_hand()}"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_is_no_archive_is_refused(server: Proxy, tmp_path: Path) -> None:
    server.content = b"<html>log in first</html>"
    assert refusal(server, tmp_path) == f"{SUBJECT}: {server.url} is not the release: it is no zip archive"


def test_a_proxy_that_refuses_is_named(server: Proxy, tmp_path: Path) -> None:
    server.status = 404
    assert refusal(server, tmp_path) == f"{SUBJECT}: {server.url} answers 404 Not Found"


def test_a_download_that_is_cut_off_is_refused(server: Proxy, tmp_path: Path) -> None:
    server.announced = len(server.content) + 1
    assert refusal(server, tmp_path) == f"{SUBJECT}: {server.url} was cut off"


def test_nobody_there_is_an_error_with_the_way_out(server: Proxy, tmp_path: Path) -> None:
    server.environ["GOPROXY"] = "http://127.0.0.1:1"
    url = f"http://127.0.0.1:1/{MODULE}/@v/v{VERSION}.zip"
    assert refusal(server, tmp_path) == f"{SUBJECT}: {url} cannot be fetched (ConnectionError)"


@pytest.mark.parametrize("limit", ["LARGEST", "DOWNLOAD_SECONDS"])
def test_a_download_has_an_end(
    server: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(release, limit, 0)
    size = len(server.content)
    causes = {
        "LARGEST": f"{server.url} is not the release: it is larger than a module may be",
        "DOWNLOAD_SECONDS": f"not downloaded within 0 s, but {size} of {size} bytes",
    }
    assert refusal(server, tmp_path) == f"{SUBJECT}: {causes[limit]}"


def test_an_archive_that_swells_is_refused(
    server: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ZipFile(BytesIO(server.content)) as archive:
        unpacked = sum(info.file_size for info in archive.infolist())
    assert unpacked < len(server.content), "names count more than contents here"
    buffer = BytesIO()
    with ZipFile(buffer, "w", compression=8) as archive:
        archive.writestr("zeros", b"\0" * 100_000)
    server.content = buffer.getvalue()
    monkeypatch.setattr(release, "LARGEST", 10_000)
    assert refusal(server, tmp_path) == (
        f"{SUBJECT}: {server.url} is not the release: unpacked, it is larger than a module may be"
    )


def test_a_release_without_a_known_hash_is_not_downloaded(server: Proxy, tmp_path: Path) -> None:
    assert refusal(server, tmp_path, "9.9.9") == (
        "CRDs of Karmada 9.9.9: the hash of this release is not known, only of 1.18.2"
    )
    assert server.asked == []


def test_a_cache_that_cannot_be_written_is_named(server: Proxy, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CrdsError) as caught:
        crds(VERSION, tmp_path / "file" / "cache", server.environ)
    assert str(caught.value) == (
        f"{SUBJECT}: cannot write to {tmp_path}/file/cache: Not a directory."
        " Next: make it writable, or set XDG_CACHE_HOME."
    )


def test_a_long_download_says_how_far_it_is(
    server: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(release, "PROGRESS_SECONDS", 0)
    crds(VERSION, tmp_path, server.environ)
    assert capsys.readouterr().out.startswith(f"{SUBJECT}: 0 of 0 MiB downloaded\n")


def test_the_hash_is_the_one_of_go_sum() -> None:
    with ZipFile(BytesIO(packed())) as archive:
        assert hash1(archive) == by_hand()
    pinned = (Path(__file__).parents[2] / "lab/tools/karmada/go.sum").read_text().splitlines()
    for version, known in release.HASHES.items():
        assert f"{MODULE} v{version} {known}" in pinned


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", DEFAULT_PROXY),
        ("https://a.example,direct", "https://a.example"),
        ("direct|https://a.example/go/|https://b.example", "https://a.example/go"),
        (" , http://a.example", "http://a.example"),
    ],
)
def test_the_proxy_is_the_one_go_would_ask_first(value: str, expected: str) -> None:
    assert proxy({"GOPROXY": value}) == expected
    assert proxy({}) == DEFAULT_PROXY


@pytest.mark.parametrize("value", ["off", "direct", "direct,off"])
def test_no_proxy_at_all_is_an_error(value: str) -> None:
    with pytest.raises(CrdsError) as caught:
        proxy({"GOPROXY": value})
    assert str(caught.value) == f"GOPROXY: it is '{value}', which names no module proxy. Next: {FIX}."
