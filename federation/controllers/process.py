"""The frame of a long-running process: its log, its signals, its health, its exit code."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

import structlog
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from structlog.typing import FilteringBoundLogger

from federation.controllers.http import Health, serve
from federation.errors import FederationError

PORT = 8080


@dataclass(frozen=True)
class Process:
    """What a controller is given.

    Attributes:
        name: such as "vip".
        log: JSON lines; `process.log.info("address given", service="default/nginx", address="10.250.0.2")`.
        stop: set when the process shall end; wait on it instead of sleeping.
        health: tell it that the loop turns (`beat`), and whether the controller can do its work (`ready`).
        metrics: the registry that /metrics shows; make counters and gauges with `registry=process.metrics`.
    """

    name: str
    log: FilteringBoundLogger
    stop: threading.Event = field(default_factory=threading.Event)
    health: Health = field(default_factory=Health)
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)


Work = Callable[[Mapping[str, Any], Process], None]


def logger(name: str, stream: TextIO | None = None) -> FilteringBoundLogger:
    """A log of JSON lines on standard output: time (UTC, RFC 3339), level, controller, event, and what is bound."""
    wrapped: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stdout),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(sort_keys=True, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        controller=name,
    )
    return wrapped


def run(name: str, config: Mapping[str, Any], work: Work) -> int:
    """Do `work` until it returns or SIGTERM or SIGINT comes; to be called in the main thread.

    Args:
        name: of the controller.
        config: its settings; `port` of /healthz, /readyz and /metrics (8080), 0 for one that is free, and `address`
            to listen on, all by default.
        work: returns soon after `process.stop` is set.

    Returns 0, or 1 if the work failed: with one log line for a `FederationError`, with a traceback for a bug, which
    may be in any thread.
    """
    process = Process(name, logger(name))
    for each in (ProcessCollector, PlatformCollector, GCCollector):
        each(registry=process.metrics)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.stop.set())
    failed = threading.Event()

    def fails(happened: threading.ExceptHookArgs) -> None:
        process.log.error("failed by a bug", exc_info=happened.exc_value)
        failed.set()
        process.stop.set()

    threading.excepthook = fails
    with serve(config.get("address", ""), config.get("port", PORT), process.health, process.metrics) as port:
        process.log.info("started", port=port)
        try:
            work(config, process)
        except FederationError as error:
            process.log.error("failed", error=str(error))  # noqa: TRY400 - it is no bug: no traceback
            return 1
        except Exception:  # the log is where a crash is looked for
            process.log.exception("failed by a bug")
            return 1
    process.log.info("stopped")
    return 1 if failed.is_set() else 0
