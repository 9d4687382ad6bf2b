"""The receiving end that does nothing: what any Python program could reach at most.

A raw socket, QoS 1, every message acknowledged at once and thrown away. Each line on standard input
is answered with what was counted so far.
"""

import argparse
import json
import selectors
import sys
import time

from bench import wire


def main() -> None:
    """Receive until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--root", required=True)
    asked = parser.parse_args()
    sock = wire.connect(asked.port, "bench-noop")
    wire.subscribe(sock, f"{asked.root}/1/+/+/telemetry")
    cutter = wire.Cutter()
    n_received, last_s = 0, 0.0
    selector = selectors.DefaultSelector()
    selector.register(sock, selectors.EVENT_READ, data=sock)
    selector.register(sys.stdin, selectors.EVENT_READ, data=None)
    while True:
        for key, _ in selector.select():
            if key.data is None:
                if not sys.stdin.readline():
                    return
                print(json.dumps({"messages": n_received, "last_s": last_s}), flush=True)
                continue
            packets = cutter.cut(wire.receive(sock))
            stream, answers = cutter.stream, bytearray()
            for head, start, _ in packets:
                if head & 0xF6 == wire.PUBLISH_QOS1:
                    n_topic = stream[start] << 8 | stream[start + 1]
                    at = start + 2 + n_topic
                    answers += b"\x40\x02" + stream[at : at + 2]
                    n_received += 1
            last_s = time.monotonic()
            sock.sendall(answers)


if __name__ == "__main__":
    main()
