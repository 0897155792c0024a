"""Images really made of Debian packages, unpacked and run: what a pod would find in them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.images import store
from lab.images.catalog import reference
from lab.images.describe import describe
from tests.unit.images_fixtures import layout_of

pytestmark = pytest.mark.lab  # chroot and unshare need root

IMAGES = ("pause", "busybox", "nginx", "debug", "keepalived")

SERVE = """
chroot {root} ip link set lo up
mount --rbind /dev {root}/dev
mount -t proc proc {root}/proc
chroot {root} nginx -g 'daemon off;' &
for try in 1 2 3 4 5 6 7 8 9 10; do
    chroot {root} wget -qO- -T 2 http://127.0.0.1/ && break
    sleep 0.2
done
kill -QUIT $!
wait $!
"""


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for each image, as containerd would unpack it."""
    place = tmp_path_factory.mktemp("trees")
    # The user's own cache: packages are downloaded once, not at every run of the tests.
    archive = store.archive(IMAGES, resolve=lambda name: pytest.fail(f"no image here needs the tool {name}"))
    layout = layout_of(archive)
    assert describe(archive) == layout.references()
    for name in IMAGES:
        layout.unpack(reference(name), place / name)
    return place


def inside(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command with `root` as its whole world, and no network."""
    argv = ["unshare", "--net", "chroot", str(root), *command]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)


def test_nginx_serves_its_welcome_page_and_logs_to_its_output(trees: Path) -> None:
    script = SERVE.format(root=trees / "nginx")
    argv = ["unshare", "--net", "--mount", "--pid", "--fork", "sh", "-c", script]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert "<h1>Welcome to nginx!</h1>" in done.stdout
    assert '"GET / HTTP/1.1" 200' in done.stdout
    assert "start worker processes" in done.stderr
    assert done.returncode == 0


def test_nginx_finds_its_configuration_correct(trees: Path) -> None:
    (trees / "nginx" / "dev" / "stderr").touch()
    assert "test is successful" in inside(trees / "nginx", "nginx", "-t").stderr


@pytest.mark.parametrize(
    "command",
    [
        "dig -v",
        "host -V",
        "curl --version",
        "ip -V",
        "ss -V",
        "tcpdump --version",
        "bash --version",
        "nc -h",
        "nslookup -version",
    ],
)
def test_every_tool_of_the_debug_image_starts(trees: Path, command: str) -> None:
    done = inside(trees / "debug", *command.split())
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["keepalived --version", "curl --version"])
def test_keepalived_and_what_its_checks_use_start(trees: Path, command: str) -> None:
    assert inside(trees / "keepalived", *command.split()).returncode == 0


@pytest.mark.parametrize("image", ["busybox", "nginx", "debug", "keepalived"])
def test_no_program_or_library_misses_a_library(trees: Path, image: str) -> None:
    root = trees / image
    loader = next(root.rglob("ld-linux-*.so.*"))
    asked = [*root.glob("usr/*bin/*"), *root.glob("usr/lib/*/*.so*")]
    for path in (p for p in asked if p.is_file() and not p.is_symlink()):
        said = inside(root, f"/{loader.relative_to(root)}", "--list", f"/{path.relative_to(root)}").stdout
        assert "not found" not in said, path


@pytest.mark.parametrize("flags", ["-T 1", "-qT1", "-q --timeout=1", "--timeout 1", ""])
def test_wget_fails_but_does_not_crash_when_nobody_listens(trees: Path, flags: str) -> None:
    """`wget -T` of Debian's busybox before 1.36.1-5 ends with a segmentation fault."""
    assert inside(trees / "busybox", "wget", *flags.split(), "http://127.0.0.1:1/").returncode == 1


def test_pause_needs_nothing_beside_itself(trees: Path) -> None:
    assert inside(trees / "pause", "/pause", "-v").stdout == "pause of the lab\n"
