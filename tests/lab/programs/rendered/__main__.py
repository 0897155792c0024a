"""Two objects through the real Kubernetes provider, which needs no cluster to write files."""

import pulumi
import pulumi_kubernetes as k8s

files = k8s.Provider("files", render_yaml_to_directory="manifests")
for name in ("east", "west"):
    k8s.core.v1.Namespace(name, metadata={"name": name}, opts=pulumi.ResourceOptions(provider=files))
