"""A callback that sleeps."""

import asyncio
import sys
import time

FIXED = "fixed" in sys.argv


async def main() -> None:
    """Sleep three times, in the loop's way or in the wrong one."""
    for _ in range(3):
        if not FIXED:
            time.sleep(0.2)
        await asyncio.sleep(0.01)


asyncio.run(main())
