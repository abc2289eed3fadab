//! Clients of other protocols, told by their first four bytes. Each is a length that no frame may have, so a decoder
//! would refuse it too; but what it is would be lost, and a health check of HTTP would count as a reject.

/// Bytes that it takes to tell.
pub const SNIFFED_BYTES: usize = 4;

/// What it looks like; `None` where it may be OAP/1.
pub fn recognize(opening: [u8; SNIFFED_BYTES]) -> Option<&'static str> {
    match &opening {
        [0x16, 0x03, _, _] => Some("tls"),
        b"SSH-" => Some("ssh"),
        b"PROX" | b"\r\n\r\n" => Some("proxy"),
        b"GET " | b"HEAD" | b"POST" | b"PUT " | b"DELE" | b"OPTI" | b"CONN" | b"TRAC" | b"PATC"
        | b"PRI " => Some("http"),
        _ => None,
    }
}

/// The first bytes of a connection, as they pass.
#[derive(Default)]
pub struct ProtocolSniffer {
    bytes: [u8; SNIFFED_BYTES],
    len: u8,
}

impl ProtocolSniffer {
    /// Looks at the bytes that follow; tells once, when there are enough.
    pub fn look(&mut self, bytes: &[u8]) -> Option<&'static str> {
        let have = usize::from(self.len);
        if have == SNIFFED_BYTES {
            return None;
        }
        let more = bytes.len().min(SNIFFED_BYTES - have);
        self.bytes[have..have + more].copy_from_slice(&bytes[..more]);
        self.len += more as u8;
        (have + more == SNIFFED_BYTES).then(|| recognize(self.bytes)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recognized_is_a_length_that_no_frame_may_have() {
        for (opening, name) in [
            (*b"GET ", "http"),
            (*b"PRI ", "http"),
            ([0x16, 3, 1, 2], "tls"),
            (*b"SSH-", "ssh"),
            (*b"PROX", "proxy"),
            (*b"\r\n\r\n", "proxy"),
        ] {
            assert_eq!(recognize(opening), Some(name));
            assert!(u32::from_be_bytes(opening) as usize > oap::MAX_FRAME_BYTES);
        }
        assert_eq!(recognize([0, 0, 0, 14]), None);
    }

    #[test]
    fn it_is_told_once_the_fourth_byte_is_there_however_they_come() {
        let mut sniffer = ProtocolSniffer::default();
        assert_eq!(sniffer.look(b"GE"), None);
        assert_eq!(sniffer.look(b"T"), None);
        assert_eq!(sniffer.look(b" / HTTP/1.1"), Some("http"));
        assert_eq!(sniffer.look(b"GET "), None);
    }
}
