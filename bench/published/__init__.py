"""What others published about select, poll and epoll, measured again."""
