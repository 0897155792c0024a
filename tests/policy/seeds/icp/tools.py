"""## Install kubectl and kubefed."""

from __future__ import annotations

from shell import Command  # type: ignore[import-not-found]  # beside it once it runs

RELEASES = "https://storage.googleapis.com/kubernetes-release/release"

LINES = {
    "get-client": f"curl -LO {RELEASES}/$(curl -s {RELEASES}/stable.txt)/kubernetes-client-linux-amd64.tar.gz",
    "unpack-client": "tar -xzvf kubernetes-client-linux-amd64.tar.gz",
    # `Copy the extracted binaries to one of the directories in your $PATH`
    "install-kubefed": "sudo cp kubernetes/client/bin/kubefed /usr/local/bin",
    "chmod-kubefed": "sudo chmod +x /usr/local/bin/kubefed",
    "install-kubectl": "sudo cp kubernetes/client/bin/kubectl /usr/local/bin",
    "chmod-kubectl": "sudo chmod +x /usr/local/bin/kubectl",
}


def install() -> None:
    """The lines, as they are in the text."""
    for name, line in LINES.items():
        Command(name, create=line)
