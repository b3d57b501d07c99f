"""Deliveries per second of ``CaptureListener`` beside a bare asyncio and httptools server that only answers 200.

Law: same load, same run, interleaved rounds, each server and the client in processes of their own; medians are compared.
Run ``python benchmarks/wire_bench.py``; it prints one JSON line. The asyncio client saturates before the bare server does, which
flatters ``wire_ratio``; ``wire_cpu_ratio`` compares the servers' processor time for a request and is the figure to trust.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import cast
from urllib.parse import urlsplit

import httptools

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from hookproof.model.transcript import Answer
from hookproof.wire.bounds import Bounds
from hookproof.wire.listener import CaptureListener

CLIENTS = 32
REQUESTS = 20_000
WARM_UP = 2_000
ROUNDS = 5
BODY = json.dumps({"id": "evt_1", "type": "order.created", "timestamp": "2026-01-01T00:00:00Z", "data": {"text": "x" * 510}}).encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class BareServer(asyncio.Protocol):
    """Parses with httptools, answers 200, keeps nothing."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Answer."""
        self.transport.write(ANSWER)


class Client(asyncio.Protocol):
    """Sends the next request when the answer to the last one has come."""

    transport: asyncio.Transport

    def __init__(self, requests: Iterator[bytes], budget: list[int], done: asyncio.Future[None]) -> None:
        self.requests = requests
        self.budget = budget
        self.done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Count an answer (they are small and come in one piece), send the next request."""
        if not data.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(data[:100])
        self.budget[1] += 1
        self.send()
        if self.budget[1] == self.budget[2] and not self.done.done():
            self.done.set_result(None)

    def send(self) -> None:
        """Send one request if any is left."""
        if self.budget[0]:
            self.budget[0] -= 1
            self.transport.write(next(self.requests))


def request_bytes(url: str, number: int) -> bytes:
    """Give a typical delivery: nine fields, three of them with values of its own, and about 600 bytes of JSON."""
    parts = urlsplit(url)
    fields = {
        "Host": parts.netloc,
        "User-Agent": "Acme-Webhooks/1.0",
        "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": "application/json",
        "webhook-id": f"msg_2KWPBgLlAfxdpx2AI54p{number:06d}",
        "webhook-timestamp": str(1_674_000_000 + number),
        "webhook-signature": f"v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9ND{number:06d}=",
        "Content-Length": str(len(BODY)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {parts.path} HTTP/1.1\r\n{lines}\r\n".encode() + BODY


async def _load(url: str, requests: int) -> float:
    loop = asyncio.get_running_loop()
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 0
    budget, done = [requests, 0, requests], loop.create_future()
    deliveries = cycle([request_bytes(url, number) for number in range(5_000)])
    clients = []
    for _ in range(CLIENTS):
        _, client = await loop.create_connection(lambda: Client(deliveries, budget, done), host, port)
        clients.append(client)
    started = time.perf_counter()
    for client in clients:
        client.send()
    await done
    took = time.perf_counter() - started
    for client in clients:
        client.transport.close()
    await asyncio.sleep(0)
    return requests / took


def client_process(pipe: Connection) -> None:
    """Serve (url, requests) orders with deliveries per second until None comes."""
    while (order := pipe.recv()) is not None:
        pipe.send(asyncio.run(_load(*order)))


def ours_process(pipe: Connection) -> None:
    """Run the capture listener; answer each message with the processor seconds used so far."""
    with CaptureListener(bounds=Bounds(attempts=10_000_000)) as listener:
        pipe.send(listener.open_endpoint("bench", (), then=Answer()))
        while pipe.recv() is not None:
            pipe.send(time.process_time())


def bare_process(pipe: Connection) -> None:
    """Run the bare server; answer each message with the processor seconds used so far."""

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(BareServer, "127.0.0.1", 0, backlog=1024)
        pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/{'0' * 32}/bench")
        while await loop.run_in_executor(None, pipe.recv) is not None:
            pipe.send(time.process_time())
        server.close()

    asyncio.run(serve())


class Worker:
    """A process and our end of its pipe."""

    def __init__(self, context: multiprocessing.context.SpawnContext, target: object) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=target, args=(theirs,))  # type: ignore[arg-type] # a plain function
        self.process.start()

    def ask(self, order: object) -> float:
        """Send an order, give the answer."""
        self.pipe.send(order)
        return cast("float", self.pipe.recv())

    def stop(self) -> None:
        """End the process."""
        self.pipe.send(None)
        self.process.join()


def measure(client: Worker, server: Worker, url: str, requests: int) -> tuple[float, float]:
    """Give deliveries per second and processor microseconds of the server for one delivery."""
    before = server.ask("cpu")
    rate = client.ask((url, requests))
    return rate, (server.ask("cpu") - before) / requests * 1e6


def main() -> None:
    """Measure, print one JSON line."""
    context = multiprocessing.get_context("spawn")
    client, ours, bare = (Worker(context, target) for target in (client_process, ours_process, bare_process))
    ours_url, bare_url = ours.pipe.recv(), bare.pipe.recv()
    measure(client, ours, ours_url, WARM_UP)
    measure(client, bare, bare_url, WARM_UP)
    rounds = [(*measure(client, ours, ours_url, REQUESTS), *measure(client, bare, bare_url, REQUESTS)) for _ in range(ROUNDS)]
    for worker in (client, ours, bare):
        worker.stop()
    ours_rate, ours_cpu, bare_rate, bare_cpu = (median(column) for column in zip(*rounds, strict=True))
    told = {
        "wire_ratio": round(ours_rate / bare_rate, 3),
        "ours_per_s": round(ours_rate),
        "bare_per_s": round(bare_rate),
        "wire_cpu_ratio": round(bare_cpu / ours_cpu, 3),
        "ours_cpu_us": round(ours_cpu, 1),
        "bare_cpu_us": round(bare_cpu, 1),
        "rounds": [{"ours_per_s": round(row[0]), "bare_per_s": round(row[2])} for row in rounds],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
