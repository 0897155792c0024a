"""Virtual IPs for `LoadBalancer` Services: which address each gets, and how gateway nodes hold them. All of it is pure.

pool         the addresses that may be given
services     what matters of a Service, and what is written back
allocation   who gets which address, and who gets none and why
keepalived   keepalived.conf of one gateway node
router       VRRP router ids
shared       what the controller tells the gateway nodes: `vip-configmap`
"""
