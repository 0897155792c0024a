"""Container images for the lab's nodes, made without a container engine or pulled from a registry."""
