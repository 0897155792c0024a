"""What to look at, for each type of error: by its title."""

from __future__ import annotations

LOOK = {
    "Api model": (
        "The file is one of acs-engine's, and a line of it cannot be kept. `fedctl convert FILE` shows "
        "the verdict on every line and the reason. Nothing is read from a cluster."
    ),
    "Backup": (
        "`fedctl backup --inspect FILE` tells what a file holds and checks its hash. Nothing has been "
        "changed unless the message says so, and an interrupted restore goes on when it is run again."
    ),
    "Certificate": (
        "The topology's `certificate_days` and `renew_before_days` decide how long certificates are valid "
        "and when `pulumi up` renews them; a larger `certificate_generation` renews all of them. `fedctl "
        "gather` lists when each one ends."
    ),
    "Conflict": (
        "The object has another owner, or was changed between reading and writing. Look who that is: "
        "`kubectl get OBJECT -o yaml --show-managed-fields`, and the labels `k8s-federation/federation` "
        "and `app.kubernetes.io/managed-by`. Nothing of somebody else's is overwritten; a run that was "
        "only too late can be repeated."
    ),
    "Crds": (
        "Karmada's CustomResourceDefinitions are downloaded by version from a Go module proxy and checked "
        "against a known hash. Behind a firewall set GOPROXY or HTTPS_PROXY, or name a folder in "
        "`control_plane.crds`."
    ),
    "Engine": (
        "`pulumi version` must work in the same shell, and `PULUMI` names another one. What the engine "
        "has printed is above the error."
    ),
    "Etcd files": (
        "The files of an etcd that is there already are read on this machine: paths are relative to the "
        "stack."
    ),
    "Events": (
        "The file is one that `fedctl preview --events FILE` or `pulumi preview --json` has written, with "
        "`PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true`."
    ),
    "Facts": (
        "`fedctl records plan` reads facts as JSON; [names.md](names.md) has their form. Every mistake is "
        "told at once."
    ),
    "Federation": "These are of no kind below. The message names the thing and the step.",
    "Forbidden": (
        "The server knows who asks and lacks a right for it. `kubectl auth can-i --list` with the same "
        "kubeconfig shows what is allowed; [federation.md](federation.md) has the rights that a member "
        "grants."
    ),
    "Foreign": (
        "A record set at a name of the federation has no mark of it, or that of another. It is left "
        "alone. Remove it by hand if nobody needs it, or rename the Service."
    ),
    "Gone": (
        "The program lists anew by itself. If it ends with this, the API server forgets faster than it is "
        "read."
    ),
    "Gone in Azure": (
        "Somebody has removed the resource or its group, or the subscription is another one: compare `az "
        "account show` with the stack's."
    ),
    "Kubeconfig": (
        "`kubectl --kubeconfig FILE --context NAME get --raw /version` asks with the same file. What "
        "would send credentials without knowing the server, and what Kubernetes has dropped, is refused."
    ),
    "Limit": (
        "A store takes only so many records, values or characters. Fewer services or members share a zone "
        "then."
    ),
    "Manifest": (
        "`kubectl apply --dry-run=client -f FILE` finds the same. All mistakes of all manifests are told "
        "at once, with file and document."
    ),
    "Missing zone": (
        "The zone was removed, or the name in the topology is another. `az network dns zone list` shows "
        "zones."
    ),
    "Mistakes": (
        "`fedctl validate FILE` tells all mistakes with their place before anything is asked of a "
        "cluster. Each line begins with the key and its value; [topology.md](topology.md) has all keys."
    ),
    "Not in time": (
        "The reason after the colon is what was missing at the end. `fedctl status` and the pods of the "
        "control plane's namespace tell more; `fedctl gather` collects both. A second run goes on where "
        "this one has stopped."
    ),
    "Placement": "The request to `fedctl placement` is wrong; [placement.md](placement.md) has its form.",
    "Policy": "`fedctl policies` lists them; [policies.md](policies.md) has them in full.",
    "Refused": "Nothing has been converted. Each line has a file, its line number and a reason.",
    "Rejected": (
        "The server understood the request and will not do it: the object is wrong, a webhook has refused "
        "it, or the namespace or kind is missing. The message is the server's own."
    ),
    "Snapshot": (
        "`pulumi stack export` writes a state, and `fedctl snapshot` makes one without secrets of it."
    ),
    "Stale": "Somebody else writes the same zone. The controllers read and write again by themselves.",
    "Topology": (
        "The stack's configuration is wrong or cannot be read. `fedctl validate FILE` checks it alone."
    ),
    "Unauthorized": (
        "The server does not know who asks: a token has expired, a certificate is of another authority, "
        "or the login to Azure is over. `pulumi stack output kubeconfig --show-secrets` writes that of "
        "the federation anew."
    ),
    "Unfinished": (
        "Some changes are written and others are not. The next turn of the controller, or `pulumi up`, "
        "goes on."
    ),
    "Unreachable": (
        "No answer: the server is down, or a firewall, proxy or wrong address is between. `curl "
        "--insecure URL/version` from the same machine tells these apart. Members are asked from the "
        "control plane's host as well: `fedctl status` shows what each of them says."
    ),
    "Lab": (
        "[lab.md](lab.md) says what a lab needs and how to look inside. `lab down --force` removes what "
        "is left of one."
    ),
    "Lab arm refusal": "The stand-in for Azure has refused a request as Azure would.",
    "Lab checksum": "What was downloaded is not what the release has. It is not used.",
    "Lab download": (
        "[tools.md](tools.md) has where tools come from; `lab tools install --source build` makes them here."
    ),
    "Lab not found": "`lab status` and `lab tools list` show what there is.",
    "Lab plugin": "The Pulumi plugin that leads to the stand-in for Azure runs only inside `lab exec`.",
    "Lab timeout expired": "The stand-in is slower than the resource's `custom_timeouts` allow.",
    "Lab unreachable": "A download has no connection; HTTPS_PROXY is used if it is set.",
}

PROBLEMS = {
    "member … is not ready: …": (
        "Karmada or this machine does not reach it; the reason is the server's. If the cluster is to be down for a "
        "while, `fedctl drain` moves its workloads first, and if it is gone for good, `fedctl leave` takes it out."
    ),
    "member … has global names only: its region or a zone is no DNS label (…)": (
        "Correct `region` and `zones` of the cluster in the topology, then run `pulumi up`."
    ),
    "service … is placed on no member": (
        "No PropagationPolicy selects it, or no member fits its placement: `kubectl describe resourcebinding` in the "
        "federation API says which."
    ),
    "service … is not applied to member …: …": (
        "The member has refused it; the reason is the member's. A right that is missing is added with `grants`."
    ),
    "service … has no address on member …, only a name (…), which records cannot hold": (
        "Let the load balancer of that cluster give addresses."
    ),
    "service … has no load balancer address on member … yet": (
        "The cluster has no load balancer, or its addresses are used up: see the Service's events there, and `vips` in "
        "[vips.md](vips.md)."
    ),
    "service … has no ready backend on member …": (
        "No pod behind it is ready there: `kubectl get pods` on the member, and the replicas that placement gives it."
    ),
    "record … belongs to …; nothing is changed for its service": (
        "Another federation or a person has made it. Remove it, or rename the Service."
    ),
    "record … is not as it shall be: …": (
        "The DNS controller writes it within seconds. If it stays so, see its log, which `fedctl gather` collects."
    ),
    "nameserver … answers … with …, not …": (
        "Its copy is older than the TTL allows, or it serves another zone: compare with `--store`."
    ),
}
"""What `fedctl status` tells of a federation → what to do."""
