"""Run as `python -P -u -m lab.azure.plugin` by the wrapper in the engine's home: a plugin, not a command."""

from __future__ import annotations

from lab.azure.plugin.server import main

if __name__ == "__main__":
    main()
