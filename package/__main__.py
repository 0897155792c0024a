"""The process that the engine starts for the package `federation`."""

from __future__ import annotations

import sys

from pulumi.provider import main

from components.package.provider import Provider

main(Provider(), sys.argv[1:])
