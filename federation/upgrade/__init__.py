"""What an upgrade of a control plane would be: its steps, what each one changes, and what is in its way."""
