"""Edge triggering: what it takes to get it right, what it saves, and which of several waiters wakes."""
