"""Lists of checksums as releases write them."""

from __future__ import annotations

import pytest

from lab.tools.checksums import checksum_of

GOOD, OTHER, SHORT = "a" * 64, "b" * 64, "c" * 40


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{GOOD}\n", f"sha256:{GOOD}"),  # dl.k8s.io
        (f"{OTHER}  else.tgz\n{GOOD}  file.tgz\n", f"sha256:{GOOD}"),  # sha256sum
        (f"{GOOD} *file.tgz\n", f"sha256:{GOOD}"),  # sha256sum --binary
        (f"{SHORT}  ./file.tgz\n", f"sha1:{SHORT}"),  # shasum ./*.tgz, as of Pulumi's providers
        (f"{GOOD}  release/file.tgz\n", f"sha256:{GOOD}"),
        (f"{GOOD.upper()}  file.tgz\r\n", f"sha256:{GOOD}"),
        (f"### SHA256\n\n{GOOD}  file.tgz\n", f"sha256:{GOOD}"),
    ],
)
def test_the_checksum_of_a_file_is_found_however_the_list_is_written(text: str, expected: str) -> None:
    assert checksum_of(text, "file.tgz") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>log in to this network</html>",
        f"{GOOD}  else.tgz\n",
        f"{GOOD}\n{OTHER}\n",  # two bare ones: whose?
        f"{GOOD}  file.tgz\n{OTHER}  file.tgz\n",  # contradicts itself
        "abc  file.tgz\n",
    ],
)
def test_a_list_that_does_not_say_it_gives_nothing(text: str) -> None:
    assert checksum_of(text, "file.tgz") is None
