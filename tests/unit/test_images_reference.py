"""References as users write them, in the form containerd keeps."""

from __future__ import annotations

import pytest

from lab.errors import LabError
from lab.images.reference import parse


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.22.1", "docker.io/library/nginx:1.22.1"),
        ("karmada/karmada-webhook:v1", "docker.io/karmada/karmada-webhook:v1"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
        ("localhost/own", "localhost/own:latest"),
        ("127.0.0.1:5000/a/b:c", "127.0.0.1:5000/a/b:c"),
    ],
)
def test_what_people_leave_out_is_filled_in(written: str, full: str) -> None:
    assert str(parse(written)) == full


@pytest.mark.parametrize("text", ["", "Nginx", "a b", "nginx:", "x.io/", "nginx@sha256:00", "-x"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(LabError) as error:
        parse(text)
    assert str(error.value) == (
        f"image {text!r}: that is no image reference. Next: write it as registry/repository:tag."
    )


def test_docker_hub_is_asked_at_the_host_that_serves_it() -> None:
    assert parse("nginx").endpoint == "registry-1.docker.io"
    assert parse("registry.k8s.io/pause:3.10").endpoint == "registry.k8s.io"
