"""CoreDNS: the configuration of the federation's own servers, and the part of it in the members' cluster DNS."""
