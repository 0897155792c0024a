"""Faults on purpose: a power cut, a freeze, a pulled cable, and the way back from each.

| fault   | what users of the node see                                    | what stays                 |
|---------|---------------------------------------------------------------|----------------------------|
| kill    | no answer; the address is gone                                | the disk (/var)            |
| pause   | connections are accepted by the kernel, and never answered    | everything, frozen         |
| cut     | no answer; pods go on running behind the pulled cable         | everything, running        |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lab.errors import LabError
from lab.layout import Layout, Node
from lab.network import fabric
from lab.node.machine import Machine
from lab.state import Record, State


class Condition(StrEnum):
    """What is up with a node."""

    RUNNING = "running"
    PAUSED = "paused"
    CUT = "cut"
    OFF = "off"


class Fault(StrEnum):
    """What can be done to a node."""

    KILL = "kill"
    PAUSE = "pause"
    CUT = "cut"


@dataclass(frozen=True)
class Hand:
    """Does faults to the nodes of one lab."""

    state: State
    record: Record
    layout: Layout

    def condition(self, node: Node) -> Condition:
        """What is up with the node. A node that is paused and cut shows as paused."""
        machine = self._machine(node)
        if machine.init_pid() is None:
            return Condition.OFF
        if machine.paused:
            return Condition.PAUSED
        return Condition.CUT if fabric.is_cut(self.layout, node) else Condition.RUNNING

    def inflict(self, fault: Fault, name: str) -> tuple[Node, ...]:
        """Do it to a cluster or a node. Returns the nodes that were not so already. Raises `LabError`."""
        nodes = self.layout.select(name)
        if fault is not Fault.KILL and (off := [n.name for n in nodes if self.condition(n) is Condition.OFF]):
            raise LabError(f"node {off[0]}", "it is switched off", f"run `lab fault restore {off[0]}` first")
        work = {Fault.KILL: self._kill, Fault.PAUSE: self._pause, Fault.CUT: self._cut}[fault]
        return tuple(node for node in nodes if work(node))

    def restore(self, name: str, power_on: Callable[[Machine], None]) -> tuple[Node, ...]:
        """Undo every fault of a cluster or a node. Returns the nodes that had one. Raises `LabError`."""
        return tuple(node for node in self.layout.select(name) if self._restore(node, power_on))

    def _machine(self, node: Node) -> Machine:
        return self.state.machine(self.record, node)

    def _kill(self, node: Node) -> bool:
        was_on = self._machine(node).init_pid() is not None
        if left := self._machine(node).power_off():
            raise LabError(f"node {node.name}", f"processes {left} do not end", "look at them with `ps`")
        fabric.disconnect(self.layout, node)
        return was_on

    def _pause(self, node: Node) -> bool:
        was_paused = self._machine(node).paused
        self._machine(node).pause(paused=True)
        return not was_paused

    def _cut(self, node: Node) -> bool:
        was_cut = fabric.is_cut(self.layout, node)
        fabric.cut(self.layout, node, is_cut=True)
        return not was_cut

    def _restore(self, node: Node, power_on: Callable[[Machine], None]) -> bool:
        machine = self._machine(node)
        if machine.init_pid() is None:
            power_on(machine)
            return True
        was_paused, was_cut = machine.paused, fabric.is_cut(self.layout, node)
        machine.pause(paused=False)
        fabric.cut(self.layout, node, is_cut=False)
        fabric.connect(self.layout, self.layout.cluster(node.cluster), node)
        return was_paused or was_cut
