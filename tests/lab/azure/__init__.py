"""The Azure walk-through on the stand-in: real engine, real clusters, a real DNS server; Azure itself is stood in for."""
