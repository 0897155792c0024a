"""kubeconfig files: how to reach one cluster, and many of them in one file.

    text = minify(read("~/.kube/config"), "fc01")   one context, with everything inside
    access(text)                                     server, authorities and credentials
    endpoint(text)                                   server and authorities; runs no plug-in
    merge({"fc01": text, "fc02": other})             a context for each, named as the clusters are

All but `read` and `access` of a file with an `exec` plug-in work on text alone. Whatever is wrong with a file is a
`KubeconfigError`. What would not be safe is refused: unchecked certificates, passwords, servers without TLS.
"""

from __future__ import annotations

from federation.kubeconfig.access import Access, access, endpoint
from federation.kubeconfig.rewrite import inline, merge, minify, read

__all__ = ["Access", "access", "endpoint", "inline", "merge", "minify", "read"]
