"""The networks of a lab: namespaces, the fabric that joins them, and a way in from the host."""
