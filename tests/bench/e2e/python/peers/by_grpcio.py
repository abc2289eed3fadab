"""By grpcio's asyncio: `by_grpcio.py LOOP (server | client ADDRESS) SCENARIO`. Its code is generated in GENERATED."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parents[5] / "build" / "e2e" / "generated")]

import bench_pb2
import bench_pb2_grpc
import grpc.aio
from scenario import Client, Report, Scenario, Tally, run


class GrpcClient(Client):
    async def connect(self, host: str, port: int, fresh: bool) -> None:
        self.channel = grpc.aio.insecure_channel(f"{host}:{port}")
        self.bench = bench_pb2_grpc.BenchStub(self.channel)
        if not fresh:
            await self.channel.channel_ready()

    async def stream(self, scenario: Scenario) -> int:
        async def messages() -> AsyncIterator[bench_pb2.Message]:
            for body in scenario.bodies():
                yield bench_pb2.Message(body=body)

        return (await self.bench.Stream(messages())).sum

    async def begin(self) -> None:
        self.call = self.bench.Ping()

    async def send(self, body: bytes) -> None:
        await self.call.write(bench_pb2.Message(body=body))

    async def receive(self) -> bytes:
        return (await self.call.read()).body

    async def end(self) -> None:
        await self.call.done_writing()

    async def close(self) -> None:
        await self.channel.close()


class Bench(bench_pb2_grpc.BenchServicer):
    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.done = scenario, asyncio.Queue[Tally]()

    async def Stream(self, request_iterator, context) -> bench_pb2.Sum:
        tally = Tally(self.scenario.crc)
        async for message in request_iterator:
            tally.add(message.body)
        self.done.put_nowait(tally)
        return bench_pb2.Sum(sum=tally.sum)

    async def Ping(self, request_iterator, context) -> AsyncIterator[bench_pb2.Message]:
        tally = Tally(self.scenario.crc)
        async for message in request_iterator:
            tally.add(message.body)
            yield message
        self.done.put_nowait(tally)


async def run_server(scenario: Scenario) -> None:
    report, bench, server = Report(), Bench(scenario), grpc.aio.server()
    bench_pb2_grpc.add_BenchServicer_to_server(bench, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    for _ in range(scenario.connections):
        report.add(await bench.done.get())
    report.print()
    await server.stop(5)


run(sys.argv[1], GrpcClient, run_server)
