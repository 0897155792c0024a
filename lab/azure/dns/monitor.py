"""How a Traffic Manager profile monitors its endpoints: what may be configured, and the defaults.

Source: learn.microsoft.com/azure/traffic-manager/traffic-manager-monitoring.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.azure.http import Document

PROTOCOLS = ("HTTP", "HTTPS", "TCP")
INTERVALS: Mapping[int, tuple[int, int, int]] = {30: (5, 10, 10), 10: (5, 9, 9)}
"""Seconds between probes → least and most timeout, and the one when none is given."""
MOST_HEADERS = MOST_RANGES = 8


def monitor_mistake(config: Mapping[str, Any]) -> str | None:
    """A sentence about what is wrong with a `monitorConfig`; None when nothing is."""
    protocol, port, path = config.get("protocol"), config.get("port"), config.get("path")
    if protocol not in PROTOCOLS:
        return f"The monitor protocol '{protocol}' is invalid: it must be one of {', '.join(PROTOCOLS)}."
    if not isinstance(port, int) or not 1 <= port <= 65_535:
        return f"The monitor port '{port}' is invalid: it must be from 1 to 65535."
    if protocol == "TCP" and path:
        return "The monitor path can't be specified with the protocol TCP."
    if protocol != "TCP" and not (path or "").startswith("/"):
        return f"The monitor path '{path}' is invalid: it must begin with '/'."
    return _times_mistake(config) or _http_mistake(config)


def _times_mistake(config: Mapping[str, Any]) -> str | None:
    interval = config.get("intervalInSeconds") or 30
    if interval not in INTERVALS:
        return f"The probing interval {interval} is invalid: it must be 30 or 10 seconds."
    least, most, default = INTERVALS[interval]
    timeout = config.get("timeoutInSeconds") or default
    if not least <= timeout <= most:
        return f"The probe timeout {timeout} is invalid: with an interval of {interval} it must be {least} to {most}."
    tolerated = config.get("toleratedNumberOfFailures")
    if tolerated is not None and not 0 <= tolerated <= 9:
        return f"The tolerated number of failures {tolerated} is invalid: it must be from 0 to 9."
    return None


def _http_mistake(config: Mapping[str, Any]) -> str | None:
    ranges = config.get("expectedStatusCodeRanges") or []
    if len(ranges) > MOST_RANGES:
        return f"There can be {MOST_RANGES} ranges of expected status codes, and there are {len(ranges)}."
    for one in ranges:
        if not 100 <= one.get("min", 0) <= one.get("max", 0) <= 999:
            return f"The range of status codes {one.get('min')}-{one.get('max')} is invalid."
    if config.get("protocol") == "TCP" and (ranges or config.get("customHeaders")):
        return "Status codes and headers can't be specified with the protocol TCP."
    if len(config.get("customHeaders") or ()) > MOST_HEADERS:
        return f"There can be {MOST_HEADERS} custom headers."
    return None


def with_defaults(config: Mapping[str, Any]) -> Document:
    """What is stored."""
    interval = config.get("intervalInSeconds") or 30
    tolerated = config.get("toleratedNumberOfFailures")
    kept = ("path", "customHeaders", "expectedStatusCodeRanges")
    return {
        "protocol": config["protocol"],
        "port": config["port"],
        "intervalInSeconds": interval,
        "timeoutInSeconds": config.get("timeoutInSeconds") or INTERVALS[interval][2],
        "toleratedNumberOfFailures": 3 if tolerated is None else tolerated,
        **{key: config[key] for key in kept if config.get(key)},
    }
