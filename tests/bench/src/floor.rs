//! What a user would write by hand for this wire: strict DATA and ACK, the same checks, nothing else.

#[derive(Clone, Copy, Default)]
#[allow(dead_code)] // Filled as a user would; what it costs is the point, not who reads it.
pub struct Row {
    pub seq: u64,
    pub body_offset: u32,
    pub body_len: u32,
    pub obj_offset: u32,
    pub kind: u8,
    pub has_obj: bool,
}

/// Rows filled and bytes consumed; `None` on anything that is not a good DATA or ACK.
pub fn decode(bytes: &[u8], rows: &mut [Row]) -> Option<(usize, usize)> {
    let (mut at, mut found) = (0, 0);
    while found < rows.len() && bytes.len() - at >= 8 {
        let length = u32::from_be_bytes(bytes[at..at + 4].try_into().ok()?) as usize;
        let (kind, reserved) = (bytes[at + 4], bytes[at + 5]);
        let header_len = usize::from(u16::from_be_bytes([bytes[at + 6], bytes[at + 7]]));
        let header_end = 8 + header_len;
        if length > 1 << 20 || reserved != 0 || header_len > 2048 || header_end > length {
            return None;
        }
        if bytes.len() - at < length {
            break;
        }
        let header = &bytes[at + 8..at + header_end];
        let (seq, seq_end) = seq(header)?;
        let has_obj = seq_end < header_len;
        match kind {
            3 if !has_obj || obj(&header[seq_end..]) => {}
            4 if !has_obj && header_end == length => {}
            _ => return None,
        }
        rows[found] = Row {
            seq,
            body_offset: (at + header_end) as u32,
            body_len: (length - header_end) as u32,
            obj_offset: (at + 8 + seq_end + 2) as u32,
            kind,
            has_obj,
        };
        found += 1;
        at += length;
    }
    Some((found, at))
}

fn seq(header: &[u8]) -> Option<(u64, usize)> {
    if *header.first()? != 0x08 {
        return None;
    }
    let (mut value, mut shift) = (0u64, 0);
    for (i, &byte) in header[1..].iter().enumerate() {
        if shift == 63 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return (byte != 0 || i == 0).then_some((value, i + 2));
        }
        shift += 7;
    }
    None
}

fn obj(field: &[u8]) -> bool {
    field.len() == 69
        && field[..5] == *b"\x12\x43b3:"
        && field[5..].iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

/// Appends a DATA without obj.
pub fn append(seq: u64, body: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, 3, 0, 0, 0, 0x08]);
    let mut rest = seq;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
    let header_len = (out.len() - start - 8) as u16;
    out.extend_from_slice(body);
    let length = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    out[start + 6..start + 8].copy_from_slice(&header_len.to_be_bytes());
}
