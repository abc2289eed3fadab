"""By a Session that the host drives itself, in batches: what `oap.asyncio` is compared with. One connection, one way:
`session.py (server | client ADDRESS) SCENARIO`."""

import socket
import sys
import time
from collections.abc import Callable, Iterable

import oap
from scenario import Report, Scenario, Tally

READ_BYTES = 4 * oap.STREAM_CHUNK_BYTES


class Link:
    """A server hears the client's HELLO before it says its own, so that nothing else can be in the same read."""

    def __init__(self, sock: socket.socket, *, serves: bool) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.session = sock, oap.Session(oap.Config(ack_window_frames=1_024))
        while serves and self.session.peer_max_frame is None:
            self.receive(lambda batch: None)
        sock.sendall(self.session.send(self.session.hello()))
        while not self.session.is_established:
            self.receive(lambda batch: None)

    def receive(self, see: Callable[[oap.FrameBatch], None]) -> bool:
        """One read, and all frames in it, acknowledged by one ACK; false at the end of input."""
        chunk = self.sock.recv(READ_BYTES)
        batch = self.session.recv(chunk)
        see(batch)
        inbound = self.session.inbound
        if inbound.in_flight:
            self.sock.sendall(self.session.send(oap.Ack(inbound.last_seq)))
        return bool(chunk)

    def send(self, name: str, bodies: Iterable[bytes]) -> None:
        send, data, out, seq = self.session.send, oap.Data, [self.session.send(oap.Start(name))], 0
        credit = self.session.outbound.credit
        for body in bodies:
            while not credit:
                self.sock.sendall(b"".join(out))
                out.clear()
                self.receive(lambda batch: None)
                credit = self.session.outbound.credit
            seq += 1
            credit -= 1
            out.append(send(data(seq, body=body)))
        out.append(send(oap.End(seq, 0)))
        self.sock.sendall(b"".join(out))


def run_client(address: str, scenario: Scenario) -> None:
    host, port = address.rsplit(":", 1)
    link, answers = Link(socket.create_connection((host, int(port))), serves=False), []

    def see(batch: oap.FrameBatch) -> None:
        answers.extend(int(bytes(frame.body)) for frame in batch if isinstance(frame, oap.Data))

    report, begin = Report(), time.perf_counter()
    link.send("bench", scenario.bodies())
    while not answers:
        link.receive(see)
    report.wall = time.perf_counter() - begin
    report.messages, report.size, report.sum = scenario.count, scenario.count * scenario.size, answers[0]
    report.print()


def run_server(scenario: Scenario) -> None:
    tally, ended = Tally(scenario.crc), False

    def see(batch: oap.FrameBatch) -> None:
        nonlocal ended
        for frame in batch:
            if isinstance(frame, oap.Data):
                tally.add(frame.body)
            elif isinstance(frame, oap.End):
                ended = True

    with socket.create_server(("127.0.0.1", 0)) as listener:
        print("{}:{}".format(*listener.getsockname()), flush=True)
        report = Report()
        link = Link(listener.accept()[0], serves=True)
    while not ended:
        if not link.receive(see):
            raise EOFError("the client closed before its END")
    link.send("sum", [str(tally.sum).encode()])
    report.add(tally)
    report.print()
    while link.receive(see):
        pass


if sys.argv[1] == "client":
    run_client(sys.argv[2], Scenario.parse(sys.argv[3]))
else:
    run_server(Scenario.parse(sys.argv[2]))
