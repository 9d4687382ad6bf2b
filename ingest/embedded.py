"""The embedded broker's own process: `python -m ingest.embedded PORT` runs amqtt on loopback.

It ends when its standard input does, so that it never outlives the program that started it,
however that ended.
"""

import asyncio
import sys
from typing import Any

LOOPBACK = "127.0.0.1"


def config(port: int) -> dict[str, Any]:
    """Give amqtt's configuration: one loopback listener, everybody welcome."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}},
        "plugins": {"ingest.loopback_auth.LoopbackAuth": {}},
    }


async def run(port: int) -> None:
    """Serve until standard input ends."""
    from amqtt.broker import Broker  # heavy, and needed only in this process

    broker = Broker(config(port))
    await broker.start()
    try:
        await asyncio.to_thread(sys.stdin.buffer.read)
    finally:
        await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1])))
