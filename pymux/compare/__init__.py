"""Floor 4: what select, poll and epoll cost on real descriptors, measured and checked."""
