"""Started by the engine: `pulumi preview --policy-pack policy`."""

from policy.server import serve

serve()
