"""A preview without access: the real engine with the real program, and nothing that opens a door.

A folder of its own has links to what is in the project's, a state in a file, a home for the engine and a passphrase
that nobody else needs; it goes when the preview is done. The program reads `federation.offline.Facts` in place of
clusters and clouds. Of the environment, all that holds or names credentials is left out.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from federation.errors import FederationError
from federation.offline import NOBODY, REDACTED, VARIABLE, Facts
from federation.preview import blind, events, snapshot, state
from federation.preview.engine import Engine

CREDENTIALS = re.compile(
    r"(ARM|AZURE|AAD|AWS|GOOGLE|GCP|CLOUDSDK)_.*|KUBECONFIG|KUBE_.*|PULUMI_(ACCESS_TOKEN|BACKEND_URL|CONFIG.*|HOME)"
    r"|ACTIONS_ID_TOKEN_.*|.*(TOKEN|PASSWORD|PASSPHRASE|SECRET|CREDENTIALS?|JWT|_KEY)",
    re.IGNORECASE,
)
"""Names of variables that a preview without access does not see."""
AZURE = {
    "ARM_SUBSCRIPTION_ID": NOBODY,
    "ARM_TENANT_ID": NOBODY,
    "ARM_CLIENT_ID": NOBODY,
    "ARM_CLIENT_SECRET": REDACTED,
    "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
}
"""What the plugin azure-native wants before it compares anything; it never gets as far as to use it."""
NOT_LINKED = re.compile(r"Pulumi(\.[^.]+)?\.ya?ml|\..*")


@dataclass(frozen=True)
class Offline:
    """A project that is ready for a preview without access.

    Attributes:
        engine: that knows the state.
        stack: its name.
        folder: goes with everything in it.
    """

    engine: Engine
    stack: str
    folder: Path

    def preview(self, *, policies: Path | None) -> tuple[list[dict[str, Any]], int, str]:
        """Its events, judged; the exit status of the engine, and its last words."""
        log = self.folder / "events.jsonl"
        code, said = self.engine.quiet_preview(self.stack, policies=policies, events=log)
        lines = log.read_text().splitlines() if log.exists() else []
        return list(blind.judged(events.read(lines))), code, said


@contextmanager
def prepared(engine: Engine, stack: str, snapshot_text: str | None, subject: str) -> Iterator[Offline]:
    """A copy of the engine's project without access.

    Args:
        engine: with the environment of the user.
        stack: whose file Pulumi.STACK.yaml is used.
        snapshot_text: of its state; None: a preview from nothing.
        subject: where the snapshot came from, for messages.

    Raises `FederationError` if there is no such project, stack or snapshot, and `EngineError`.
    """
    settings = _settings(engine.project, stack)
    described = _yaml(engine.project / "Pulumi.yaml", stack)
    with TemporaryDirectory(prefix="fedctl-preview-") as made:
        folder = Path(made)
        resources = []
        if snapshot_text is not None:
            resources = snapshot.opened(snapshot_text, subject)[0]["resources"]
        facts = folder / "facts.json"
        (state.facts(resources) if resources else Facts()).write(facts)
        project = _copy(engine.project, folder / "project", described)
        away = Engine(engine.program, project, _environment(engine.env, folder, facts))
        _initialise(away, stack, settings)
        if resources:
            _import(away, stack, json.loads(str(snapshot_text)))
        yield Offline(away, stack, folder)


def _settings(project: Path, stack: str) -> dict[str, Any]:
    """The stack's configuration, with a placeholder for each secret."""
    found = _yaml(project / f"Pulumi.{stack}.yaml", stack) or {}
    return {"config": found.get("config") or {}}


def _yaml(file: Path, stack: str) -> Any:
    fix = "name a stack of this project, and its folder with --project"
    try:
        return yaml.safe_load(file.read_text())
    except OSError as error:
        raise FederationError(f"stack {stack}", f"{file}: {error.strerror}", fix) from None
    except yaml.YAMLError as error:
        raise FederationError(f"stack {stack}", f"{file} is no YAML: {error}", "correct it") from None


def _copy(source: Path, target: Path, project: dict[str, Any]) -> Path:
    """The project as links, but for what the engine writes: settings of stacks."""
    target.mkdir()
    named = project["runtime"]
    runtime = named if isinstance(named, dict) else {"name": named}
    options = dict(runtime.get("options") or {})
    place = source / str(options.get("virtualenv", ".venv"))
    options["virtualenv"] = str(place if place.exists() else sys.prefix)
    (target / "Pulumi.yaml").write_text(
        yaml.safe_dump({**project, "runtime": {**runtime, "options": options}})
    )
    for entry in sorted(source.iterdir()):
        if not NOT_LINKED.fullmatch(entry.name):
            (target / entry.name).symlink_to(entry.absolute())
    return target


def _environment(base: Mapping[str, str], folder: Path, facts: Path) -> dict[str, str]:
    kept = {name: value for name, value in base.items() if not CREDENTIALS.fullmatch(name)}
    home, backend = folder / "home", folder / "state"
    home.mkdir()
    backend.mkdir()
    plugins = Path(base.get("PULUMI_HOME") or "~/.pulumi").expanduser() / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)  # those of the user; what is downloaded is there the next time
    (home / "plugins").symlink_to(plugins)
    own = {
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"{backend.as_uri()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(16),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "KUBECONFIG": os.devnull,
        VARIABLE: str(facts),
    }
    return kept | AZURE | own


def _initialise(engine: Engine, stack: str, settings: dict[str, Any]) -> None:
    engine.ask("stack", "init", stack, "--no-select", "--non-interactive")
    file = engine.project / f"Pulumi.{stack}.yaml"
    hidden = [f"{path}={REDACTED}" for path in _secure(settings["config"])]
    own = yaml.safe_load(file.read_text()) if file.exists() else {}
    file.write_text(yaml.safe_dump({**(own or {}), "config": _without_secure(settings["config"])}))
    if hidden:
        words = [word for each in hidden for word in ("--secret", each)]
        engine.ask("config", "set-all", "--stack", stack, "--path", *words, "--non-interactive")


def _secure(value: Any, path: str = "") -> Iterator[str]:
    """Paths of encrypted values, as `pulumi config set --path` takes them."""
    if isinstance(value, dict):
        if value.keys() == {"secure"}:
            yield path
            return
        for key, inner in value.items():
            yield from _secure(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _secure(inner, f"{path}[{number}]")


def _without_secure(value: Any) -> Any:
    """The same with a text in place of each, that is then set."""
    if isinstance(value, dict):
        if value.keys() == {"secure"}:
            return REDACTED
        return {key: _without_secure(inner) for key, inner in value.items()}
    return [_without_secure(inner) for inner in value] if isinstance(value, list) else value


def _import(engine: Engine, stack: str, document: dict[str, Any]) -> None:
    providers = json.loads(engine.ask("stack", "export", "--stack", stack))["deployment"].get(
        "secrets_providers"
    )
    text = json.dumps(state.importable(document, providers))
    engine.ask("stack", "import", "--stack", stack, "--non-interactive", stdin=text)
