"""The Azure walk-through: the engine, the clusters and the DNS server are real; for Azure there is a stand-in."""
