//! What a user would write by hand for this wire: strict DATA and ACK, the same checks, nothing else. It is kept as
//! quick as the checks allow.

/// Filled as a user would: what that costs is the point, not who reads all of it.
#[derive(Clone, Copy, Default)]
#[allow(dead_code)]
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
    for row in rows {
        let Some(prefix) = bytes[at..].first_chunk() else { break };
        let prefix = u64::from_be_bytes(*prefix);
        let length = (prefix >> 32) as usize;
        let (kind, header_len) = ((prefix >> 16) as u16, usize::from(prefix as u16));
        let header_end = 8 + header_len;
        if length > 1 << 20 || header_len > 2_048 || header_end > length {
            return None;
        }
        let Some(frame) = bytes[at..].get(..length) else { break };
        let header = &frame[8..header_end];
        let (seq, seq_end) = seq(header)?;
        let has_obj = seq_end < header_len;
        match kind {
            0x300 if !has_obj || obj(&header[seq_end..]) => {}
            0x400 if !has_obj && header_end == length => {}
            _ => return None,
        }
        *row = Row {
            seq,
            body_offset: (at + header_end) as u32,
            body_len: (length - header_end) as u32,
            obj_offset: (at + 8 + seq_end + 2) as u32,
            kind: (kind >> 8) as u8,
            has_obj,
        };
        found += 1;
        at += length;
    }
    Some((found, at))
}

#[inline(always)]
fn seq(header: &[u8]) -> Option<(u64, usize)> {
    match *header {
        [8, a @ ..=0x7f, ..] => Some((a.into(), 2)),
        [8, a, b @ 1..=0x7f, ..] => Some((u64::from(a & 0x7f) | u64::from(b) << 7, 3)),
        [8, ..] => long_seq(header),
        _ => None,
    }
}

fn long_seq(header: &[u8]) -> Option<(u64, usize)> {
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

/// An address with its key and length.
#[inline(always)]
fn obj(field: &[u8]) -> bool {
    field.len() == 69 && field[..2] == *b"\x12\x43" && address(&field[2..])
}

/// Without an early exit, so that it becomes vector instructions.
pub fn address(text: &[u8]) -> bool {
    let Ok(text): Result<&[u8; 67], _> = text.try_into() else { return false };
    let hex = |c: u8| c.wrapping_sub(b'0') < 10 || c.wrapping_sub(b'a') < 6;
    text[..3] == *b"b3:" && text[3..].iter().fold(true, |good, &c| good & hex(c))
}

/// Appends a DATA without obj; `None` where it is over 1 MiB.
pub fn append(seq: u64, body: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (low, high) = (seq as u8, (seq >> 7) as u8);
    match seq {
        0..=0x7f => append_head(&[8, low], body.len(), out)?,
        0x80..=0x3fff => append_head(&[8, low | 0x80, high], body.len(), out)?,
        _ => append_long_head(seq, body.len(), out)?,
    }
    out.extend_from_slice(body);
    Some(())
}

/// One write, of a size that the compiler knows.
#[inline(always)]
fn append_head(header: &[u8], body_len: usize, out: &mut Vec<u8>) -> Option<()> {
    let length = 8 + header.len() + body_len;
    if length > 1 << 20 {
        return None;
    }
    let mut head = [0; 8 + 11];
    let prefix = (length as u64) << 32 | 3 << 24 | header.len() as u64;
    head[..8].copy_from_slice(&prefix.to_be_bytes());
    head[8..8 + header.len()].copy_from_slice(header);
    out.extend_from_slice(&head[..8 + header.len()]);
    Some(())
}

fn append_long_head(mut seq: u64, body_len: usize, out: &mut Vec<u8>) -> Option<()> {
    let (mut header, mut len) = ([8; 11], 1);
    while seq >= 0x80 {
        header[len] = seq as u8 | 0x80;
        seq >>= 7;
        len += 1;
    }
    header[len] = seq as u8;
    append_head(&header[..=len], body_len, out)
}
