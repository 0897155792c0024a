"""What pipelines need beside the targets of the Makefile: docs/ci.md says which platform calls what."""
