"""Sources as data: what a name stands for in a module, without running it. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One module.

    Attributes:
        path: from the root, such as "federation/kube.py".
        tree: its syntax.
    """

    path: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """Its name, such as "federation.kube"."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def constants(self) -> Mapping[str, ast.expr]:
        """Names of the module and what they are, such as FIX."""
        return {name: value for node in self.tree.body for name, value in bindings(node)}

    @cached_property
    def imports(self) -> Mapping[str, tuple[str, str]]:
        """Name → module and name there, of `from module import name`."""
        return {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        """All functions and methods; of two with one name, the last one."""
        return {node.name: node for node in ast.walk(self.tree) if isinstance(node, Function)}

    @cached_property
    def scopes(self) -> Mapping[ast.AST, Function]:
        """Every node inside of a function → the innermost one."""
        found: dict[ast.AST, Function] = {}
        for function in self.functions_in_order:
            found.update(dict.fromkeys(ast.walk(function), function))
        return found

    @property
    def functions_in_order(self) -> Iterator[Function]:
        """Functions, those outside first."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def calls(self, name: str) -> Iterator[ast.Call]:
        """Calls of a function or method of this module by its name, but for decorators."""
        decorators = {mark for function in self.functions_in_order for mark in function.decorator_list}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and called(node) == name and node not in decorators:
                yield node


def parse(texts: Mapping[str, str]) -> dict[str, Source]:
    """Modules by name, of path → text."""
    found = (Source(path, ast.parse(text)) for path, text in texts.items())
    return {source.module: source for source in found}


def read(root: Path, *rooms: str) -> dict[str, str]:
    """Path → text of all modules of the packages, sorted; the one function here that reads."""
    files = sorted(file for room in rooms for file in (root / room).rglob("*.py"))
    return {file.relative_to(root).as_posix(): file.read_text() for file in files}


def called(call: ast.Call) -> str:
    """The last part of the name that is called."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Name and value of an assignment; of `a, b = x, y` both, also if each side of an `if` is a pair."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _bound(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield from _bound(node.target, node.value)


def _bound(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.IfExp):
        yield from _bound(target, value.body)
        yield from _bound(target, value.orelse)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for inner, part in zip(target.elts, value.elts, strict=False):
            yield from _bound(inner, part)
