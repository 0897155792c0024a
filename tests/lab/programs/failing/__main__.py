"""Fails in a function of its own, so that there is a traceback to show."""


def settle(debt: int) -> int:
    """Divide by zero."""
    return 1 // debt


settle(0)
