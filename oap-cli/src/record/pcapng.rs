//! A recording as pcapng: what passed, in packets of TCP that are made for it, so that Wireshark opens it.

use crate::record::frames::{put, Frames, Secrets};
use crate::record::tape::{Event, What};
use anyhow::Context;
use bytes::Bytes;
use etherparse::PacketBuilder;
use oap_explain::Side;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::{Block, PcapNgBlock, PcapNgWriter};
use pcap_file::DataLink;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Bytes of a packet's payload at most.
const PAYLOAD_BYTES: usize = 60_000;
const WINDOW: u16 = u16::MAX;
const HOPS: u8 = 64;
/// The time of a packet counts units of 10^-9 seconds.
const NANOSECONDS: u8 = 9;

pub struct Pcapng {
    writer: PcapNgWriter<BufWriter<File>>,
    secrets: Secrets,
    connections: HashMap<u64, Connection>,
    /// Bytes that were no OAP/1, or stood behind lost ones.
    pub left_out: u64,
}

struct Connection {
    ends: [SocketAddr; 2],
    /// The number of each side's next byte.
    next: [u32; 2],
    frames: [Frames; 2],
    ended: [bool; 2],
}

/// The flags of TCP that a packet has beside ACK.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flag {
    None,
    Syn,
    Fin,
}

impl Pcapng {
    /// # Errors
    /// Where the file can't be made.
    pub fn create(file: &Path, secrets: Secrets) -> anyhow::Result<Self> {
        let out = File::create(file);
        let out = out.with_context(|| format!("{} can't be written", file.display()))?;
        let mut writer = PcapNgWriter::new(BufWriter::new(out))?;
        let mut interface = InterfaceDescriptionBlock::new(DataLink::RAW, 0);
        interface.options.push(InterfaceDescriptionOption::IfTsResol(NANOSECONDS));
        writer.write_block(&interface.into_block())?;
        Ok(Pcapng { writer, secrets, connections: HashMap::new(), left_out: 0 })
    }

    /// # Errors
    /// Those of the file.
    pub fn event(&mut self, event: Event) -> anyhow::Result<()> {
        let Event { at, connection, what } = event;
        match what {
            What::Opened { client, server } => self.open(at, connection, &client, &server),
            What::Bytes(side, bytes) => self.bytes(at, connection, side, bytes),
            What::Lost(side, count) => {
                self.lose(connection, side, count);
                Ok(())
            }
            What::Ended(side) => self.end(at, connection, side),
        }
    }

    /// # Errors
    /// Those of the file.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.writer.get_mut().flush()?)
    }

    fn open(&mut self, at: SystemTime, id: u64, client: &str, server: &str) -> anyhow::Result<()> {
        // A Unix socket has no address; the connection's number tells it apart.
        let port = 1_024 + (id % 60_000) as u16;
        let place = |name: &str, port| {
            let known = name.trim_start_matches("tls://").parse();
            known.unwrap_or_else(|_| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        };
        let ends = [place(client, port), place(server, 1)];
        let frames = [Frames::new(), Frames::new()];
        let connection = Connection { ends, next: [0; 2], frames, ended: [false; 2] };
        self.connections.insert(id, connection);
        for side in Side::BOTH {
            self.packet(at, id, side, Flag::Syn, b"")?;
        }
        Ok(())
    }

    fn bytes(
        &mut self,
        at: SystemTime,
        id: u64,
        side: Side,
        mut bytes: Bytes,
    ) -> anyhow::Result<()> {
        let secrets = self.secrets;
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        let frames = &mut connection.frames[side as usize];
        let mut out = Vec::new();
        while !frames.lost && !bytes.is_empty() {
            match frames.next(&mut bytes) {
                Ok(Some(frame)) => put(&frame, secrets, &mut out),
                Ok(None) => {}
                Err(_) => self.left_out += frames.staged(),
            }
        }
        self.left_out += bytes.len() as u64;
        self.payload(at, id, side, &out)
    }

    fn payload(&mut self, at: SystemTime, id: u64, side: Side, out: &[u8]) -> anyhow::Result<()> {
        out.chunks(PAYLOAD_BYTES)
            .try_for_each(|payload| self.packet(at, id, side, Flag::None, payload))
    }

    fn lose(&mut self, id: u64, side: Side, _count: u64) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.frames[side as usize].lost = true;
        }
    }

    fn end(&mut self, at: SystemTime, id: u64, side: Side) -> anyhow::Result<()> {
        self.packet(at, id, side, Flag::Fin, b"")?;
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        connection.ended[side as usize] = true;
        if connection.ended == [true; 2] {
            self.connections.remove(&id);
        }
        Ok(())
    }

    fn packet(
        &mut self,
        at: SystemTime,
        id: u64,
        side: Side,
        flag: Flag,
        payload: &[u8],
    ) -> anyhow::Result<()> {
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        let data = connection.packet(side, flag, payload)?;
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let packet = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: since,
            original_len: data.len() as u32,
            data: data.into(),
            options: Vec::new(),
        };
        self.writer.write_block(&Block::EnhancedPacket(packet))?;
        Ok(())
    }
}

impl Connection {
    fn packet(&mut self, side: Side, flag: Flag, payload: &[u8]) -> anyhow::Result<Vec<u8>> {
        let from = self.ends[side as usize];
        let to = self.ends[side.other() as usize];
        let builder = match (from.ip(), to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                PacketBuilder::ipv4(from.octets(), to.octets(), HOPS)
            }
            (from, to) => PacketBuilder::ipv6(octets(from), octets(to), HOPS),
        };
        let next = &mut self.next;
        let tcp = builder.tcp(from.port(), to.port(), next[side as usize], WINDOW);
        let first = flag == Flag::Syn && side == Side::First;
        let tcp = if first { tcp } else { tcp.ack(next[side.other() as usize]) };
        let tcp = match flag {
            Flag::None => tcp.psh(),
            Flag::Syn => tcp.syn(),
            Flag::Fin => tcp.fin(),
        };
        let counted = payload.len() as u32 + u32::from(flag != Flag::None);
        next[side as usize] = next[side as usize].wrapping_add(counted);
        let mut packet = Vec::with_capacity(tcp.size(payload.len()));
        tcp.write(&mut packet, payload)?;
        Ok(packet)
    }
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}
