"""The libraries that a user would otherwise pick, on the same frames: a decoder and an encoder each, tuples out and in.

`struct` and `protobuf` speak OAP/1 as strictly as oap does, of DATA and ACK; lax, protobuf takes any header that it can read.
msgpack and WebSocket move the same values in formats of their own, and judge nothing.
"""

import subprocess
import tempfile
from pathlib import Path

import msgpack
import pure
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

import oap

PROTO = Path(__file__).resolve().parents[2] / "docs" / "oap1.proto"


def messages():
    """The classes of docs/oap1.proto, over upb."""
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["protoc", f"-I{PROTO.parent}", f"-o{out.name}", PROTO.name], check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(files.file[0])
    return (
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"oap1.{name}"))
        for name in ("Data", "Ack")
    )


DataHeader, AckHeader = messages()


class Struct:
    """Pure Python over `struct`."""

    encode = staticmethod(pure.encode)

    def __init__(self, frames):
        self.given = frames
        self.wire = pure.encode(frames)

    def decode(self):
        return pure.decode(self.wire)


class Protobuf:
    """The prefix by `struct`, the header by protobuf."""

    def __init__(self, frames):
        self.given = frames
        self.wire = self.encode(frames)

    def decode(self):
        buf, unpack, pos, frames = self.wire, pure.PREFIX.unpack_from, 0, []
        while len(buf) - pos >= 8:
            length, kind, reserved, header_len = unpack(buf, pos)
            header_end, frame_end = pos + 8 + header_len, pos + length
            if length > pure.MAX_FRAME or reserved or header_end > frame_end:
                raise pure.Malformed("prefix")
            if frame_end > len(buf):
                break
            header = buf[pos + 8 : header_end]
            if kind == pure.DATA:
                message = self.header(DataHeader, header)
                frames.append((kind, message.seq, address(message), buf[header_end:frame_end]))
            elif kind == pure.ACK and header_end == frame_end:
                frames.append((kind, self.header(AckHeader, header).up_to))
            else:
                raise pure.Malformed("kind")
            pos = frame_end
        return frames

    @staticmethod
    def header(header_class, header):
        """The one encoding of known fields: protobuf itself takes any order, any varint and any field."""
        message = header_class.FromString(header)
        message.DiscardUnknownFields()
        if not header or message.SerializeToString() != header:
            raise pure.Malformed("header")
        return message

    @staticmethod
    def encode(frames):
        parts = []
        for frame in frames:
            body = b""
            if frame[0] == pure.ACK:
                header = AckHeader(up_to=frame[1]).SerializeToString()
            else:
                _, seq, obj, body = frame
                if obj is not None and not pure.OBJ(obj.encode()):
                    raise pure.Malformed("obj")
                header = DataHeader(seq=seq, obj=obj).SerializeToString()
            length = 8 + len(header) + len(body)
            if length > pure.MAX_FRAME:
                raise pure.Malformed("length")
            parts += (pure.PREFIX.pack(length, frame[0], 0, len(header)), header, body)
        return b"".join(parts)


class LaxProtobuf(Protobuf):
    """Takes headers as protobuf does."""

    @staticmethod
    def header(header_class, header):
        return header_class.FromString(header)


def address(message):
    if not message.HasField("obj"):
        return None
    if not pure.OBJ(message.obj.encode()):
        raise pure.Malformed("obj")
    return message.obj


class Msgpack:
    """A message each, of plain ints, str and bytes."""

    def __init__(self, frames):
        self.given = [(int(kind), *fields) for kind, *fields in frames]
        self.wire = self.encode(self.given)
        self.unpacker = msgpack.Unpacker(use_list=False)

    def decode(self):
        self.unpacker.feed(self.wire)
        return list(self.unpacker)

    @staticmethod
    def encode(given):
        pack = msgpack.Packer().pack
        return b"".join([pack(message) for message in given])


class WebSocket:
    """A binary message each, whose payload is header and body of the OAP/1 frame: those are not read."""

    def __init__(self, frames):
        self.given = [pure.encode([frame])[8:] for frame in frames]
        self.wire = self.encode(self.given)

    def decode(self):
        protocol = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN)
        protocol.receive_data(self.wire)
        return [frame.data for frame in protocol.events_received()]

    @staticmethod
    def encode(given):
        return b"".join([Frame(Opcode.BINARY, payload).serialize(mask=False) for payload in given])


PEERS = {
    "struct": Struct,
    "protobuf": Protobuf,
    "protobuf, lax": LaxProtobuf,
    "msgpack": Msgpack,
    "websockets": WebSocket,
}


def check(name, frames):
    """A peer that decodes or encodes something else is no peer."""
    peer = PEERS[name](frames)
    assert peer.decode() == peer.given, name
    assert peer.encode(peer.given) == peer.wire, name
    assert name not in ("struct", "protobuf") or peer.wire == oap.encode_batch(frames), name
