"""The processes that keep names and virtual IPs true, after `pulumi up` has ended.

    python -m federation.controllers vip|dns|keepalived --config FILE

    process    one process: JSON log, signals, exit code; what every controller is given
    http       /healthz, /readyz and /metrics
    leader     one of several replicas works, by a Lease
    incluster  the cluster that the process runs in, as its service account

A controller is a module with `main(config, process)`: `config` is the parsed JSON file; it returns when `process.stop`
is set. What it decides is in pure modules (`federation.vip`, `federation.dns`); it only reads, asks them, and writes.
"""
