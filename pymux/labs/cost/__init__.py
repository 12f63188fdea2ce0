"""Limits and cost: what is copied and scanned, when epoll stops winning, how late a timeout is."""
