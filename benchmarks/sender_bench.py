"""Deliveries per second of ``Sender`` beside a bare asyncio protocol that only counts answers, and beside httpx for scale.

Law: same sink, same run, each client and the sink in processes of their own. A round is ten slices of each client in turn, because the
speed of a shared machine changes within a second; medians of the rounds are compared.
Run ``python benchmarks/sender_bench.py``; it prints one JSON line and ends with status 1 if the goal is missed. All send the same unique
signed deliveries, made before the clock starts; ``Sender`` reads and keeps each answer. ``sender_cpu_ratio`` compares the clients'
processor time for a delivery, which neither the sink nor a busy machine flatters.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import fmean, harmonic_mean, median
from typing import TypeVar, cast
from urllib.parse import urlsplit

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from benchmarks.wire_bench import BODY, CLIENTS, Client, Worker, bare_process
from hookproof.generate.deliveries import Crafted, signed
from hookproof.ports import Outgoing
from hookproof.signing.scheme import throwaway_secret
from hookproof.signing.schemes import SCHEMES
from hookproof.wire.destination import Caps, destination
from hookproof.wire.heads import request_head
from hookproof.wire.sender import Sender

DELIVERIES = 2_000
SLICES = 10
ROUNDS = 5
HTTPX_DELIVERIES = 500
GOAL = 0.5
SCHEME = SCHEMES["standard-webhooks"]
SECRET = throwaway_secret("sender", "bench")

Each = TypeVar("Each")
Measured = tuple[float, float]
"""Deliveries per second, and processor microseconds for each."""


def deliveries(url: str, count: int) -> list[Outgoing]:
    """Make unique signed deliveries of about 600 bytes of JSON."""
    made = []
    for number in range(count):
        body = BODY.replace(b"evt_1", b"evt_%08d" % number)
        crafted = signed(
            Crafted(event_id=f"evt_{number:08d}", event_type="order.created", body=body, timestamp="1674000000"), SCHEME, [SECRET]
        )
        made.append(Outgoing(head=request_head(url, crafted.fields, len(body)), body=body))
    return made


def timed(send: Callable[[Sequence[Each]], None], batch: Sequence[Each]) -> Measured:
    """Send a batch and measure."""
    wall, used = time.perf_counter(), time.process_time()
    send(batch)
    wall, used = time.perf_counter() - wall, time.process_time() - used
    return len(batch) / wall, used / len(batch) * 1e6


def ours_process(pipe: Connection) -> None:
    """Serve counts of deliveries with what was measured until None comes."""
    url = pipe.recv()
    batch = deliveries(url, DELIVERIES)
    with Sender(replace(destination(url), caps=Caps(requests=0))) as sender:

        def send(part: Sequence[Outgoing]) -> None:
            replies = sender.send(part, at_once=CLIENTS)
            kept.extend(replies)

        while (count := pipe.recv()) is not None:
            kept = list[object]()
            part = batch[:count]
            pipe.send(timed(send, part))
            wrong = [reply for reply, out in zip(kept, part, strict=True) if not _right(reply, out)]
            assert not wrong, wrong[:3]


def _right(reply: object, outgoing: Outgoing) -> bool:
    times = [getattr(reply, name) for name in ("started_at", "sent_at", "done_at")]
    found = (getattr(reply, "status", 0), getattr(reply, "written", 0))
    return found == (200, len(outgoing.head) + len(outgoing.body)) and times == sorted(times)


async def _connected(url: str) -> list[Client]:
    loop, parts = asyncio.get_running_loop(), urlsplit(url)
    clients = []
    for _ in range(CLIENTS):
        idle = partial(Client, iter(()), [], loop.create_future())
        _, client = await loop.create_connection(idle, parts.hostname or "", parts.port or 0)
        clients.append(client)
    return clients


async def _bare(clients: Sequence[Client], batch: Sequence[bytes]) -> None:
    budget, done, requests = [len(batch), 0, len(batch)], asyncio.get_running_loop().create_future(), iter(batch)
    for client in clients:
        client.requests, client.budget, client.done = requests, budget, done
    for client in clients:
        client.send()
    await done


def bare_client_process(pipe: Connection) -> None:
    """Serve counts of deliveries with what was measured until None comes; connections are kept, as ours are."""
    url = pipe.recv()
    batch = [each.head + each.body for each in deliveries(url, DELIVERIES)]
    with asyncio.Runner() as runner:
        clients = runner.run(_connected(url))
        while (count := pipe.recv()) is not None:
            pipe.send(timed(lambda part: runner.run(_bare(clients, part)), batch[:count]))
        for client in clients:
            client.transport.abort()
        runner.run(asyncio.sleep(0))


async def _httpx(url: str, batch: Sequence[Outgoing]) -> None:
    waiting = iter(batch)
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=CLIENTS), trust_env=False) as client:

        async def work() -> None:
            for outgoing in waiting:
                lines = outgoing.head.decode().split("\r\n")[1:-2]
                fields = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
                answer = await client.post(url, content=outgoing.body, headers=fields)
                assert answer.status_code == 200

        await asyncio.gather(*(work() for _ in range(CLIENTS)))


def httpx_process(pipe: Connection) -> None:
    """Serve counts of deliveries with what was measured until None comes."""
    url = pipe.recv()
    batch = deliveries(url, HTTPX_DELIVERIES)
    while (count := pipe.recv()) is not None:
        pipe.send(timed(lambda part: asyncio.run(_httpx(url, part)), batch[:count]))


def measured(client: Worker, count: int) -> Measured:
    """Let a client send so many."""
    return cast("Measured", client.ask(count))


def one_round(ours: Worker, bare: Worker) -> list[float]:
    """Give rate and processor time of ours and of the bare client over slices that take turns."""
    slices = [(*measured(ours, DELIVERIES), *measured(bare, DELIVERIES)) for _ in range(SLICES)]
    columns = list(zip(*slices, strict=True))
    return [harmonic_mean(columns[0]), fmean(columns[1]), harmonic_mean(columns[2]), fmean(columns[3])]


def main() -> None:
    """Measure, print one JSON line, and end with status 1 if the goal is missed."""
    context = multiprocessing.get_context("spawn")
    sink, *clients = (Worker(context, target) for target in (bare_process, ours_process, bare_client_process, httpx_process))
    try:
        url = sink.pipe.recv()
        for client in clients:
            client.pipe.send(url)
        ours, bare, scale = clients
        one_round(ours, bare)
        rounds = [one_round(ours, bare) for _ in range(ROUNDS)]
        httpx_rate, httpx_cpu = measured(scale, HTTPX_DELIVERIES)
    except EOFError:
        for worker in (*clients, sink):
            worker.process.kill()
        raise
    for worker in (*clients, sink):
        worker.stop()
    ours_rate, ours_cpu, bare_rate, bare_cpu = (median(column) for column in zip(*rounds, strict=True))
    told = {
        "sender_ratio": round(ours_rate / bare_rate, 3),
        "sender_goal": GOAL,
        "sender_cpu_ratio": round(bare_cpu / ours_cpu, 3),
        "ours_per_s": round(ours_rate),
        "bare_per_s": round(bare_rate),
        "httpx_per_s": round(httpx_rate),
        "ours_cpu_us": round(ours_cpu, 1),
        "bare_cpu_us": round(bare_cpu, 1),
        "httpx_cpu_us": round(httpx_cpu, 1),
        "ratios": [round(row[0] / row[2], 3) for row in rounds],
        "rounds": [{"ours_per_s": round(row[0]), "bare_per_s": round(row[2])} for row in rounds],
    }
    print(json.dumps(told))
    sys.exit(ours_rate / bare_rate < GOAL)


if __name__ == "__main__":
    main()
