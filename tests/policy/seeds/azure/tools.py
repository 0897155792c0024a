"""## Preparing the things for the federation: the tools, and the credentials of the other cluster."""

from __future__ import annotations

from clusters import VERSION, Made  # type: ignore[import-not-found]  # beside it once it runs
from shell import Command, File  # type: ignore[import-not-found]

RELEASES = "https://storage.googleapis.com/kubernetes-release/release"


def install(made: Made) -> None:
    """On the master node of the host cluster."""
    # `curl -LO https://storage.googleapis.com/kubernetes-release/release/${RELEASE-VERSION}/kubernetes-client-...`,
    # `in this case we had to use "v1.8.11" in the URL`
    Command("get-kubefed", create=f"curl -LO {RELEASES}/v{VERSION}/kubernetes-client-linux-amd64.tar.gz")
    # `tar xzvf kubernetes-client-linux-amd64.tar.gz`
    Command("unpack-kubefed", create="tar xzvf kubernetes-client-linux-amd64.tar.gz")
    # `After expanding the files, we copied kubefed to the /usr/local/bin folder.`
    Command("install-kubefed", create="cp kubernetes/client/bin/kubefed /usr/local/bin")
    # `scp -i ../westuscluster1/azureuser_rsa kubeconfig/kubeconfig.eastus.json
    #  azureuser@<IP-MASTER-NODE-FIRST-CLUSTER>:/home/azureuser/eastus.config`
    Command(
        "copy-kubeconfig",
        create="scp -i ../westuscluster1/azureuser_rsa kubeconfig/kubeconfig.eastus.json"
        " azureuser@203.0.113.1:/home/azureuser/eastus.config",
    )
    File("/home/azureuser/eastus.config", made.kubeconfigs["eastuscluster1"])
