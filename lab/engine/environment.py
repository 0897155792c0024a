"""The environment the Pulumi engine runs in: its home, its plugins and its backend."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from lab.errors import LabError

LANGUAGE_HOST = "pulumi-language-python"
AZURE_PLUGIN = "pulumi-resource-azure-native"

# -P: the engine starts us in the program's directory, whose `grpc.py` or `json.py` must not be imported.
WRAPPER = """#!/bin/sh
# Made by lab/engine/environment.py. The engine takes a real language host beside itself before it looks here.
exec "${FEDERATION_PYTHON:-python3}" -P -u -m lab.engine "$@"
"""
AZURE_WRAPPER = """#!/bin/sh
# Made by lab/engine/environment.py: a stand-in for Pulumi's plugin, which this machine has not. Never talks to Azure.
exec "${FEDERATION_PYTHON:-python3}" -P -u -m lab.azure.plugin "$@"
"""

ALWAYS = {
    # A run must not ask anybody for news or plugins: what it needs is here, or it fails.
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    # A plugin that happens to be on the PATH would win over the one of the home, with a warning.
    "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
}
# Without bytecode every preview compiles the SDKs again: 2 to 3 s.
NEVER = {"PYTHONDONTWRITEBYTECODE"}

PLUGIN = re.compile(r"(?P<file>(resource|language|analyzer|converter|tool)-[a-z0-9-]+)-v\d+\.\d+\.\d+\S*")


def engine_environment(
    *,
    pulumi: Path,
    home: Path,
    plugins: Mapping[str, Path],
    backend: Path | None,
    passphrase: str | None,
    base: Mapping[str, str],
) -> dict[str, str]:
    """Prepare the home and the backend, and return the variables to run the engine with.

    Args:
        pulumi: the engine; its directory leads the PATH.
        home: becomes `PULUMI_HOME`; see `prepare_home`.
        plugins: see `prepare_home`.
        backend: a directory for the state of stacks, made if need be; None leaves the choice to `base`.
        passphrase: encrypts the secrets of stacks (may be empty); None leaves the choice to `base`.
        base: the variables to start from, such as `os.environ`; it is not changed.

    Raises `LabError` if the engine or a plugin is not there.
    """
    if not os.access(pulumi, os.X_OK):
        raise LabError(f"engine {pulumi}", "it is not there", "run `lab tools install`")
    prepare_home(
        home,
        plugins,
        language_host=None if _beside(pulumi) else _on_path(LANGUAGE_HOST, base),
        azure_plugin=_real_azure_plugin(base),
    )
    kept = {name: value for name, value in base.items() if name not in NEVER}
    path = os.pathsep.join(filter(None, (str(pulumi.parent), base.get("PATH"))))
    own = {"PATH": path, "PULUMI_HOME": str(home.absolute()), "FEDERATION_PYTHON": sys.executable}
    return kept | ALWAYS | own | _backend(backend) | _passphrase(passphrase)


def prepare_home(
    home: Path,
    plugins: Mapping[str, Path],
    *,
    language_host: Path | None = None,
    azure_plugin: Path | None = None,
) -> None:
    """Lay out `home` so that the engine finds its plugins; doing it again changes nothing.

    Args:
        home: made if it is not there; plugins of earlier runs stay.
        plugins: executables by plugin and version, such as "resource-kubernetes-v4.25.0"; linked, not copied.
        language_host: a real Python language host to use instead of ours. One beside the engine needs no
            mention: the engine prefers it to its home.
        azure_plugin: Pulumi's own plugin azure-native; None: the stand-in takes its place. The SDK is installed
            always, so the engine asks for the plugin even where no stack has a resource of Azure.

    Raises `LabError` for a key of another form and for an executable that is not there.
    """
    for key, executable in plugins.items():
        if (named := PLUGIN.fullmatch(key)) is None:
            raise LabError(f"plugin {key!r}", "its key has another form", "use KIND-NAME-vVERSION")
        if not executable.is_file() or not os.access(executable, os.X_OK):
            raise LabError(f"plugin {key}", f"{executable} is not there", "run `lab tools install`")
        _link(home / "plugins" / key / f"pulumi-{named['file']}", executable.absolute())
    _no_log(home / "logs")
    _link_or_write(
        home / f"plugins/language-python-v{version('pulumi')}" / LANGUAGE_HOST, language_host, WRAPPER
    )
    _link_or_write(_azure_place(home), azure_plugin, AZURE_WRAPPER)


def kubernetes_plugin(executable: Path) -> dict[str, Path]:
    """The plugin under the version of the installed SDK: the two must be a pair."""
    return {f"resource-kubernetes-v{version('pulumi-kubernetes')}": executable}


def _beside(pulumi: Path) -> bool:
    """Whether the engine will find a real language host: it looks where its own file is, links followed."""
    return os.access(pulumi.resolve().parent / LANGUAGE_HOST, os.X_OK)


def _on_path(name: str, base: Mapping[str, str]) -> Path | None:
    found = shutil.which(name, path=base.get("PATH", os.defpath))
    return Path(found) if found else None


def _azure_place(home: Path) -> Path:
    """Where the engine looks for the plugin of the installed SDK."""
    return home / "plugins" / f"resource-azure-native-v{version('pulumi-azure-native')}" / AZURE_PLUGIN


def _real_azure_plugin(base: Mapping[str, str]) -> Path | None:
    """Pulumi's own plugin, on the PATH or in a home of Pulumi's; None where there is only our stand-in, or nothing."""
    if (found := _on_path(AZURE_PLUGIN, base)) is not None:
        return found
    homes = (base.get("PULUMI_HOME"), base.get("HOME") and str(Path(base["HOME"]) / ".pulumi"))
    places = (_azure_place(Path(place)) for place in homes if place)
    return next((p for p in places if os.access(p, os.X_OK) and not _is_stand_in(p)), None)


def _is_stand_in(plugin: Path) -> bool:
    """Whether a file is the script above; a real plugin is a program of 100 MB and more."""
    return plugin.stat().st_size == len(AZURE_WRAPPER) and plugin.read_text() == AZURE_WRAPPER


def _backend(directory: Path | None) -> dict[str, str]:
    if directory is None:
        return {}
    directory.mkdir(parents=True, exist_ok=True)
    # Beside each state it would write a second file, and not at once: a run killed just then leaves a state that no
    # run reads again ("failed to load checkpoint: EOF"; gocloud.dev/blob/fileblob, setAttrs).
    return {"PULUMI_BACKEND_URL": f"{directory.absolute().as_uri()}?metadata=skip"}


def _passphrase(passphrase: str | None) -> dict[str, str]:
    return {} if passphrase is None else {"PULUMI_CONFIG_PASSPHRASE": passphrase}


def _no_log(place: Path) -> None:
    """A file where the engine wants its folder for logs: it then keeps none, and takes half the time.

    There is no other switch: each run would log every property of every resource, encrypted, for `pulumi logs`.
    """
    if place.is_dir():
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch()


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.symlink_to(target)
    temporary.replace(link)  # a run beside us never sees the name missing


def _link_or_write(place: Path, target: Path | None, script: str) -> None:
    """Put a real executable at its place, or a script of ours where there is none."""
    if target is not None:
        _link(place, target.absolute())
    elif place.is_symlink() or not place.is_file() or place.read_text() != script:
        _write(place, script)


def _write(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(script)
    temporary.chmod(0o755)
    temporary.replace(path)
