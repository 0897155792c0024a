"""The lab's executables: which there are, where they come from, and how to have them.

Callers need `lab.tools.toolbox.Toolbox` (where is kubelet?) and `lab.tools.install.install` (fetch it).
"""
