"""Pulling real images where a registry is at hand, and doing without where none is."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.images import registry as registry_module
from lab.images import source as source_module
from lab.images.catalog import ImageSpec
from lab.images.describe import describe
from lab.images.layer import file, layer
from lab.images.oci import Config, Image, architecture, write
from lab.images.reference import parse
from lab.images.registry import pull, reachable
from lab.images.source import ImageSource, archives
from tests.unit.images_fixtures import Layout, layout_of, registry


def published(text: str) -> Layout:
    out = io.BytesIO()
    content = Image(references=("x.io/x:1",), layers=(layer([file("who", text.encode())]),))
    write([content], out, arch=architecture())
    return Layout(out.getvalue())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def deaf_host() -> Iterator[str]:
    """Accepts connections and never answers, like a firewall that swallows the request."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_registry_that_answers_is_reachable() -> None:
    with registry({}) as host:
        assert reachable(host)


def test_a_closed_port_is_known_to_be_no_registry_at_once() -> None:
    start = time.monotonic()
    assert not reachable(f"127.0.0.1:{free_port()}")
    assert time.monotonic() - start < 1


def test_a_host_that_never_answers_costs_no_more_than_the_timeout() -> None:
    with deaf_host() as host:
        start = time.monotonic()
        assert not reachable(host, timeout=0.3)
        assert time.monotonic() - start < 1


def test_a_name_that_never_resolves_costs_no_more_than_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_module, "_ping", lambda *_: time.sleep(2))
    start = time.monotonic()
    assert not reachable("registry.invalid", timeout=0.2)
    assert time.monotonic() - start < 1


def test_a_pulled_image_has_its_full_name_and_its_content(tmp_path: Path) -> None:
    with registry({"team/app:1": published("real")}) as host:
        pull(parse(f"{host}/team/app:1"), tmp_path / "app.tar")
    layout = layout_of(tmp_path / "app.tar")
    assert describe(tmp_path / "app.tar") == layout.references() == [f"{host}/team/app:1"]
    who = layout.layers(f"{host}/team/app:1")[0].extractfile("who")
    assert who is not None
    assert who.read() == b"real"
    assert [path.name for path in tmp_path.iterdir()] == ["app.tar"]


def test_an_image_the_registry_does_not_have_is_refused(tmp_path: Path) -> None:
    with registry({}) as host, pytest.raises(LabError) as error:
        pull(parse(f"{host}/team/app:1"), tmp_path / "app.tar")
    assert error.value.obj == f"image {host}/team/app:1"
    assert error.value.cause.startswith("skopeo cannot pull it: exit status 1; it said: ")
    assert error.value.fix == "check its name and the registry"


def test_pulling_without_skopeo_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError) as error:
        pull(parse("nginx:1"), tmp_path / "x.tar")
    assert str(error.value) == (
        "image docker.io/library/nginx:1: pulling it needs skopeo. Next: install the package skopeo."
    )


class TestSource:
    """Where the images of a lab are taken from."""

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self.cache, self.tool = tmp_path / "cache", tmp_path / "app"
        self.tool.write_bytes(b"own")
        self.said: list[str] = []

    def take(
        self, host: str, source: ImageSource, monkeypatch: pytest.MonkeyPatch, *, public: bool = True
    ) -> list[Layout]:
        spec = ImageSpec(
            name="app",
            group="core",
            references=(f"{host}/team/app:1", f"{host}/team/app:2"),
            config=Config(cmd=("/app",)),
            files=(file("app", b"own", 0o755),),
            public=public,
        )
        monkeypatch.setattr(source_module, "select", lambda _: (spec,))
        monkeypatch.setattr("lab.images.store.select", lambda _: (spec,))
        paths = archives(
            ["app"], source=source, resolve=lambda _: self.tool, progress=self.said.append, cache=self.cache
        )
        return [layout_of(path) for path in paths]

    @pytest.mark.parametrize("source", [ImageSource.AUTO, ImageSource.PULL])
    def test_a_registry_with_the_image_gives_every_reference(
        self, source: ImageSource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with registry({"team/app:1": published("one"), "team/app:2": published("two")}) as host:
            taken = self.take(host, source, monkeypatch)
        assert [layout.references() for layout in taken] == [[f"{host}/team/app:1"], [f"{host}/team/app:2"]]
        assert self.said == [f"pulling {host}/team/app:1", f"pulling {host}/team/app:2"]
        again = self.take(host, source, monkeypatch) if source is ImageSource.PULL else taken
        assert [layout.index for layout in again] == [layout.index for layout in taken]

    def test_an_image_the_registry_does_not_have_is_assembled_and_that_is_said(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with registry({"team/app:1": published("one")}) as host:
            (taken,) = self.take(host, ImageSource.AUTO, monkeypatch)
        assert taken.references() == [f"{host}/team/app:1", f"{host}/team/app:2"]
        assert self.said[2].startswith(f"image {host}/team/app:2: skopeo cannot pull it: ")
        assert self.said[2].endswith("; it is assembled instead")

    def test_no_registry_at_hand_means_assembling_within_a_second(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        start = time.monotonic()
        (taken,) = self.take(f"127.0.0.1:{free_port()}", ImageSource.AUTO, monkeypatch)
        assert time.monotonic() - start < 1
        assert len(taken.references()) == 2
        assert self.said == ["making 1 container images"]

    def test_what_was_assembled_before_is_used_without_asking_a_registry(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with registry({}) as host:
            self.take(host, ImageSource.ASSEMBLE, monkeypatch)
            monkeypatch.setattr(registry_module, "reachable", lambda *_: pytest.fail("a registry was asked"))
            (taken,) = self.take(host, ImageSource.AUTO, monkeypatch)
        assert len(taken.references()) == 2

    def test_an_image_of_this_project_is_never_looked_for_in_a_registry(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(registry_module, "pull", lambda *_: pytest.fail("it was pulled"))
        with registry({}) as host:
            (taken,) = self.take(host, ImageSource.PULL, monkeypatch, public=False)
        assert len(taken.references()) == 2

    def test_whoever_insists_on_pulling_gets_no_assembled_image(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with registry({}) as host, pytest.raises(LabError) as error:
            self.take(host, ImageSource.PULL, monkeypatch)
        assert error.value.obj == f"image {host}/team/app:1"
        assert not list(self.cache.glob("*.part"))
