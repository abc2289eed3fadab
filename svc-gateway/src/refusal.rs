//! Why the gateway itself ends a connection, or does not begin it. What a peer's frames break is a reject.

/// A cause, by its label in the log and the metrics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Refusal {
    /// As many connections are open as may be.
    Capacity,
    /// The process has more frames in flight than it can work off.
    Overload,
    /// The peer is in quarantine.
    Quarantined,
    /// It does not speak OAP/1.
    ForeignProtocol,
    /// TLS could not be agreed on.
    TlsHandshake,
    /// TLS and HELLOs took too long.
    HandshakeTimeout,
    /// No stream was open and no byte came.
    IdleTimeout,
    /// A stream was open and no byte came.
    ReadTimeout,
    /// A frame was begun and not completed in time.
    FrameTimeout,
    /// The peer did not take what was written to it.
    WriteTimeout,
    /// The gateway drains, and the peer began another stream.
    Draining,
    /// The peer has as many connections open as one peer may.
    PeerCapacity,
}

impl Refusal {
    pub const ALL: [Refusal; 12] = [
        Refusal::Capacity,
        Refusal::Overload,
        Refusal::Quarantined,
        Refusal::ForeignProtocol,
        Refusal::TlsHandshake,
        Refusal::HandshakeTimeout,
        Refusal::IdleTimeout,
        Refusal::ReadTimeout,
        Refusal::FrameTimeout,
        Refusal::WriteTimeout,
        Refusal::Draining,
        Refusal::PeerCapacity,
    ];

    pub const fn label(self) -> &'static str {
        match self {
            Refusal::Capacity => "capacity",
            Refusal::Overload => "overload",
            Refusal::Quarantined => "quarantined",
            Refusal::ForeignProtocol => "foreign_protocol",
            Refusal::TlsHandshake => "tls_handshake",
            Refusal::HandshakeTimeout => "handshake_timeout",
            Refusal::IdleTimeout => "idle_timeout",
            Refusal::ReadTimeout => "read_timeout",
            Refusal::FrameTimeout => "frame_timeout",
            Refusal::WriteTimeout => "write_timeout",
            Refusal::Draining => "draining",
            Refusal::PeerCapacity => "peer_capacity",
        }
    }

    /// The code of an ERROR sent for it: above those of rejects.
    pub const fn code(self) -> u32 {
        256 + self as u32
    }

    /// Whether it comes before a word is exchanged, as often as a peer likes to connect.
    pub const fn is_before_the_session(self) -> bool {
        matches!(
            self,
            Refusal::Capacity | Refusal::Overload | Refusal::Quarantined | Refusal::PeerCapacity
        )
    }

    /// Whether it is no reason why an admitted connection ends. A quarantine may be both.
    pub const fn ends_no_connection(self) -> bool {
        self.is_before_the_session() && !matches!(self, Refusal::Quarantined)
    }

    /// Whether the peer is told in an ERROR: a session is there, and the peer reads.
    pub const fn is_sent(self) -> bool {
        matches!(self, Refusal::ReadTimeout | Refusal::FrameTimeout | Refusal::Draining)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNBOOK: &str = include_str!("../../docs/RUNBOOK.md");

    #[test]
    fn the_runbook_has_each_with_the_code_that_the_peer_is_told() {
        for refusal in Refusal::ALL {
            let code =
                if refusal.is_sent() { refusal.code().to_string() } else { "–".to_owned() };
            let row = format!("\n| `{}` | {code} | ", refusal.label());
            assert!(RUNBOOK.contains(&row), "{row}");
        }
    }

    #[test]
    fn all_are_in_the_order_of_their_codes_above_those_of_rejects() {
        let codes: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        assert!(codes.windows(2).all(|pair| pair[0] + 1 == pair[1]));
        assert!(oap::Reason::ALL.iter().all(|reason| reason.code() < codes[0]));
    }
}
