"""Virtual IPs of one cluster: the vip controller, and keepalived on the gateway nodes.

stack      `KeepalivedStack`
objects    its objects, as plain manifests (pure)
"""

from components.keepalived.stack import KeepalivedArgs, KeepalivedStack

__all__ = ["KeepalivedArgs", "KeepalivedStack"]
