"""`python -m lab.engine [flags] ENGINE`: serve the language protocol and print the port for the engine."""

from lab.engine import stubs_only  # noqa: F401  must be first: it changes what the next line loads
from lab.engine.server import main

main()
