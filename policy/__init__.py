"""CrossGuard policies: rules that every preview and update must pass."""
