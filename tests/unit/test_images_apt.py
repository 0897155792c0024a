"""Files out of Debian packages, with a stand-in for APT that writes down how it was called."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.images.apt import Apt, Deb, require_tools
from lab.images.debian import applets, merged, read, read_tar, trimmed
from lab.images.layer import Entry, Kind, file, symlink

FAKE_APT = """\
#!/bin/sh
echo "$*" >> {root}/calls
case "$*" in
    *" update"*) touch {root}/updated ;;
    *" install "*)
        [ -e {root}/updated ] || [ -e {root}/lists-are-good ] || {{ echo "E: no such package" >&2; exit 100; }}
        echo "Inst libc6 (2.36-9 Debian:12.15/oldstable [amd64]) []"
        echo "Inst nginx (1:1.22.1-9 Debian-Security:12/oldstable-security, Debian:12.15/oldstable [amd64])"
        echo "Conf nginx (1:1.22.1-9 Debian [amd64])" ;;
    *" download "*) [ ! -e {root}/mirror-is-newer ] || {{ echo "E: 404 Not Found" >&2; exit 100; }}
        touch libc6_2.36-9_amd64.deb nginx_1%3a1.22.1-9_amd64.deb ;;
esac
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a `calls` file, and a machine whose apt-get is the stand-in."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "apt-get").write_text(FAKE_APT.format(root=tmp_path))
    (programs / "dpkg-deb").write_text("#!/bin/sh\nexit 1\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return tmp_path


def calls(root: Path) -> list[str]:
    """The verbs APT was given."""
    text = (root / "calls").read_text()
    return [
        next(w for w in line.split() if w in ("install", "update", "download")) for line in text.splitlines()
    ]


def test_a_closure_is_downloaded_and_remembered(root: Path) -> None:
    (root / "lists-are-good").touch()
    said: list[str] = []
    apt = Apt(root / "debian", said.append)
    found = apt.closure(["nginx"], ["iproute2"])
    assert found == (Deb("libc6", "2.36-9", "amd64"), Deb("nginx", "1:1.22.1-9", "amd64"))
    assert all(apt.path(deb).exists() for deb in found)
    assert apt.closure(["nginx"], ["iproute2"]) == found
    assert calls(root) == ["install", "download"]
    assert said == ["finding the Debian packages of nginx", "downloading 2 Debian packages"]


def test_what_is_left_out_counts_as_installed_and_the_machine_as_empty(root: Path) -> None:
    (root / "lists-are-good").touch()
    Apt(root / "debian", print).closure(["nginx"], ["iproute2"])
    first = (root / "calls").read_text().splitlines()[0]
    (status,) = (w.partition("=")[2] for w in first.split() if w.startswith("Dir::State::status="))
    assert "Package: iproute2\nStatus: install ok installed\n" in Path(status).read_text()
    assert "Package: libc6\n" not in Path(status).read_text()
    assert f"Dir::Cache={root}/debian/cache" in first


def test_lists_that_know_nothing_are_replaced_by_our_own(root: Path) -> None:
    apt = Apt(root / "debian", lambda _: None)
    assert len(apt.closure(["nginx"])) == 2
    assert calls(root) == ["install", "update", "install", "download"]
    last = (root / "calls").read_text().splitlines()[-1]
    assert f"Dir::State::lists={root}/debian/lists" in last


def test_when_fresh_lists_do_not_help_the_reason_is_told_and_nothing_remembered(root: Path) -> None:
    (root / "mirror-is-newer").touch()
    with pytest.raises(LabError) as error:
        Apt(root / "debian", lambda _: None).closure(["nginx"])
    assert error.value.cause == "exit status 100; it said: E: 404 Not Found"
    assert not list((root / "debian").glob("closure-*.json"))


def test_a_machine_without_apt_must_use_a_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError) as error:
        Apt(tmp_path, print).closure(["nginx"])
    assert str(error.value) == (
        "images from Debian packages: there is no apt-get on this machine. "
        "Next: take the images from a registry instead (image source `pull`)."
    )
    (tmp_path / "apt-get").touch(mode=0o755)
    with pytest.raises(LabError) as error:
        require_tools()
    assert error.value.cause == "there is no dpkg-deb on this machine"


@pytest.mark.parametrize(
    ("version", "upstream", "name"),
    [
        ("1.22.1-9+deb12u11", "1.22.1", "p_1.22.1-9+deb12u11_amd64.deb"),
        ("1:2.2.7-1+b2", "2.2.7", "p_1%3a2.2.7-1+b2_amd64.deb"),
        ("20250419", "20250419", "p_20250419_amd64.deb"),
        ("1:1.2.13.dfsg~rc-1", "1.2.13.dfsg", "p_1%3a1.2.13.dfsg~rc-1_amd64.deb"),
    ],
)
def test_a_version_gives_a_file_name_and_what_its_authors_call_it(
    version: str, upstream: str, name: str
) -> None:
    deb = Deb("p", version, "amd64")
    assert (deb.upstream, deb.file) == (upstream, name)


@pytest.mark.parametrize(
    ("packed", "path"),
    [
        ("./bin/sh", "usr/bin/sh"),
        ("./lib64/ld-linux.so.2", "usr/lib64/ld-linux.so.2"),
        ("./usr/bin/dig", "usr/bin/dig"),
        ("./", ""),
        ("./bin/", ""),
        ("./etc/", "etc"),
    ],
)
def test_files_are_found_where_debian_has_them_since_the_merge(packed: str, path: str) -> None:
    assert merged(packed) == path


def test_documentation_is_left_out_and_libraries_are_not() -> None:
    paths = ["usr/share/doc/nginx/copyright", "usr/share/nginx/html", "usr/lib/x86_64-linux-gnu/gconv/UTF.so"]
    assert [trimmed(path) for path in paths] == [True, False, True]


def test_owners_modes_links_and_hard_links_of_a_package_are_kept(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "p.tar", "w") as tar:
        for name, kind, data, link in (
            ("./bin/", tarfile.DIRTYPE, b"", ""),
            ("./var/own/", tarfile.DIRTYPE, b"", ""),
            ("./bin/one", tarfile.REGTYPE, b"text", ""),
            ("./bin/two", tarfile.LNKTYPE, b"", "./bin/one"),
            ("./bin/three", tarfile.SYMTYPE, b"", "one"),
            ("./dev/null", tarfile.CHRTYPE, b"", ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname, info.uid, info.mode = kind, len(data), link, 33, 0o750
            tar.addfile(info, io.BytesIO(data))
    found = {entry.path: entry for entry in read_tar(tmp_path / "p.tar")}
    assert sorted(found) == ["usr/bin/one", "usr/bin/three", "usr/bin/two", "var/own"]
    assert read(found["usr/bin/one"]) == read(found["usr/bin/two"]) == b"text"
    assert (found["usr/bin/three"].kind, found["usr/bin/three"].target) == (Kind.SYMLINK, "one")
    assert (found["var/own"].uid, found["var/own"].mode) == (33, 0o750)


def test_busybox_is_asked_for_its_commands_through_its_own_loader(tmp_path: Path) -> None:
    loader = b'#!/bin/sh\nfor last; do :; done\necho "$last"; basename "$3"; basename "$2"\n'
    entries: list[Entry] = [
        file("usr/bin/busybox", b"x", 0o755),
        file("usr/lib/here/ld-linux-x86-64.so.2", loader, 0o755),
        symlink("usr/lib64/ld-linux-x86-64.so.2", "../lib/here/ld-linux-x86-64.so.2"),
    ]
    assert applets(entries, tmp_path) == ["--list", "busybox", "here"]
