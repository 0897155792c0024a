"""Microsoft.ContainerService/managedClusters/maintenanceConfigurations: when AKS may change a cluster."""

from __future__ import annotations

import datetime
import re
from typing import Any, ClassVar

from azure.mgmt.containerservice import models

from lab.azure.aks import names
from lab.azure.aks.pool_rules import invalid
from lab.azure.http import ArmError, Document
from lab.azure.kinds import Call, Kind

NAMES = ("default", "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_OFFSET = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")
_SHORTEST, _LONGEST = 4, 24
_INTERVALS = {"daily": ("intervalDays", 7), "weekly": ("intervalWeeks", 4)}
_MONTHLY = ("absoluteMonthly", "relativeMonthly")


class MaintenanceConfiguration(Kind):
    """A window. It has no operations: a PUT is done at once, also while the cluster is busy."""

    type = names.MAINTENANCE
    versions = names.VERSIONS
    model: ClassVar[Any] = models.MaintenanceConfiguration

    def validate(self, call: Call) -> None:
        """Name, schedule and length."""
        if call.id.name not in NAMES:
            raise ArmError(
                400,
                "InvalidMaintenanceConfigurationName",
                f"The name '{call.id.name}' of a maintenance configuration is none of {', '.join(NAMES)}.",
            )
        window = call.properties.get("maintenanceWindow")
        if call.id.name == "default":
            if not call.properties.get("timeInWeek") and not call.properties.get("notAllowedTime"):
                raise invalid("timeInWeek", "the configuration 'default' needs timeInWeek or notAllowedTime")
            return
        if not window:
            raise invalid(
                "maintenanceWindow", f"the configuration '{call.id.name}' needs a maintenanceWindow"
            )
        _check(window)

    def put(self, call: Call) -> Document:
        """With the defaults of a window."""
        if window := call.properties.get("maintenanceWindow"):
            today = datetime.datetime.fromtimestamp(call.context.clock.now(), datetime.UTC).date()
            window.setdefault("utcOffset", "+00:00")
            window.setdefault("startDate", today.isoformat())
        return call.body


def _check(window: Document) -> None:
    hours = window.get("durationHours")
    if not isinstance(hours, int) or not _SHORTEST <= hours <= _LONGEST:
        raise invalid("maintenanceWindow.durationHours", f"{hours} is not within {_SHORTEST} and {_LONGEST}")
    if not _TIME.fullmatch(window.get("startTime") or ""):
        raise invalid("maintenanceWindow.startTime", f"'{window.get('startTime')}' is no time such as 01:00")
    if window.get("utcOffset") is not None and not _OFFSET.fullmatch(window["utcOffset"]):
        raise invalid("maintenanceWindow.utcOffset", f"'{window['utcOffset']}' is no offset such as +00:00")
    _check_schedule(window.get("schedule") or {})


def _check_schedule(schedule: Document) -> None:
    given = [key for key, value in schedule.items() if value is not None]
    if len(given) != 1:
        raise invalid(
            "maintenanceWindow.schedule",
            f"exactly one kind of schedule must be given, and there are {len(given)}",
        )
    kind = given[0]
    key, most = ("intervalMonths", 6) if kind in _MONTHLY else _INTERVALS[kind]
    every = schedule[kind].get(key)
    if not isinstance(every, int) or not 1 <= every <= most:
        raise invalid(f"maintenanceWindow.schedule.{kind}.{key}", f"{every} is not within 1 and {most}")
