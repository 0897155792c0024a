"""A support bundle: what a federation is and says, in one file, without secrets."""
