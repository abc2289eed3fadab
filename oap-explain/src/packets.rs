//! The TCP segments of a capture file, pcap or pcapng, in the order of the capture.

use anyhow::Context;
use etherparse::{LaxNetSlice, LaxSlicedPacket, SlicedPacket, TransportSlice};
use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::{Block, PcapNgReader};
use pcap_file::DataLink;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};

/// One TCP segment.
pub struct Segment<'p> {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub seq: u32,
    pub syn: bool,
    pub payload: &'p [u8],
}

/// The bytes that a pcapng file starts with; those of pcap files say the order of bytes and the unit of time.
const PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
const PCAP: [[u8; 4]; 4] = [
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x4d, 0x3c, 0xb2, 0xa1],
];

/// How many bytes tell a capture.
pub const MAGIC_BYTES: u64 = 4;

/// Whether a file that starts so is a capture. No stream of OAP/1 does: its first frame would be over 1 MiB.
pub fn is_capture(start: &[u8]) -> bool {
    start.first_chunk().is_some_and(|start| *start == PCAPNG || PCAP.contains(start))
}

/// Gives each segment of the file.
///
/// # Errors
/// Where the file can't be read, and what `each` says.
pub fn read(
    start: &[u8],
    from: impl Read,
    mut each: impl FnMut(Segment<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut packet = |link, data: &[u8]| segment(link, data).map_or(Ok(()), &mut each);
    if start.starts_with(&PCAPNG) {
        read_pcapng(from, &mut packet)
    } else {
        read_pcap(from, &mut packet)
    }
}

type Each<'e> = dyn FnMut(DataLink, &[u8]) -> anyhow::Result<()> + 'e;

fn read_pcap(from: impl Read, each: &mut Each<'_>) -> anyhow::Result<()> {
    let mut reader = PcapReader::new(from)?;
    let link = reader.header().datalink;
    while let Some(packet) = reader.next_packet() {
        each(link, &packet?.data)?;
    }
    Ok(())
}

fn read_pcapng(from: impl Read, each: &mut Each<'_>) -> anyhow::Result<()> {
    let mut reader = PcapNgReader::new(from)?;
    let mut links = Vec::new();
    while let Some(block) = reader.next_block() {
        match block? {
            Block::SectionHeader(_) => links.clear(),
            Block::InterfaceDescription(interface) => links.push(interface.linktype),
            Block::EnhancedPacket(packet) => {
                let link = links.get(packet.interface_id as usize);
                each(*link.context("a packet names no interface")?, &packet.data)?;
            }
            Block::SimplePacket(packet) => {
                each(*links.first().context("a packet has no interface")?, &packet.data)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The segment of a packet; `None` where it is no TCP over IP, or is cut in its headers.
fn segment(link: DataLink, data: &[u8]) -> Option<Segment<'_>> {
    let packet = match link {
        DataLink::ETHERNET => LaxSlicedPacket::from_ethernet(data).ok()?,
        DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => LaxSlicedPacket::from_ip(data).ok()?,
        // Four bytes of the kind of address in the order of bytes of the machine, then the packet.
        DataLink::NULL | DataLink::LOOP => LaxSlicedPacket::from_ip(data.get(4..)?).ok()?,
        DataLink::LINUX_SLL => {
            let whole = SlicedPacket::from_linux_sll(data).ok()?;
            LaxSlicedPacket::from_ip(whole.ether_payload()?.payload).ok()?
        }
        _ => return None,
    };
    let (source, destination): (IpAddr, IpAddr) = match packet.net? {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into())
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into())
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let TransportSlice::Tcp(tcp) = packet.transport? else { return None };
    Some(Segment {
        from: (source, tcp.source_port()).into(),
        to: (destination, tcp.destination_port()).into(),
        seq: tcp.sequence_number(),
        syn: tcp.syn(),
        payload: tcp.payload(),
    })
}
