"""Servers and load: the models of I/O, and servers for one client and for ten thousand."""
