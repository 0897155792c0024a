"""What programs in any of Pulumi's languages use of this project: the components of the package `federation`.

The engine's schema of it is made from the annotations and docstrings of its classes (docs/release.md). So annotations
in here must be classes, and not texts: no module of it has `from __future__ import annotations`.
"""
