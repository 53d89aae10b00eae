"""Servers on loopback that speak each wire format, and the backends that call them."""
