//! A case: what is sent to a host, and what it has to do.

use oap::Reason;
use oap_probe::wire;

/// How much a case weighs: MUST or SHOULD in the spec.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    Must,
    Should,
}

impl Level {
    pub const fn name(self) -> &'static str {
        match self {
            Level::Must => "must",
            Level::Should => "should",
        }
    }
}

#[derive(Clone)]
pub struct Case {
    /// The number of the rule.
    pub rule: &'static str,
    pub name: &'static str,
    /// Our HELLO, where it is not part of what is sent.
    pub greeting: Option<Vec<u8>>,
    /// Good frames before what matters.
    pub before: Vec<u8>,
    pub sent: Vec<u8>,
    /// One byte a write.
    pub bytewise: bool,
    /// Our side of the stream ends behind it.
    pub ends: bool,
    pub expect: Expect,
}

/// What the host has to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    /// Reject it: an ERROR with the code should come, and the connection has to end.
    Rejected(Reason),
    /// Reject it or take it, as its policy is: the ACK of that seq then comes.
    RejectedOrTaken(Reason, u64),
    /// Take it: the ACK of that seq comes.
    Taken(u64),
    /// Send no frame, and above all no ERROR.
    Silence,
    /// Send a HELLO, and before ours nothing else.
    Greeting,
    /// Send no more DATA than the window and no longer frames than our HELLO allows.
    Restraint,
    /// Take a frame of the max_frame that its HELLO says, and refuse the next length.
    OwnLimit,
    /// Refuse the DATA that is over the window, unless an ACK was sent before it.
    Credit,
}

/// What a case says beside the bytes it sends: the handshake is done and, for `open`, a stream is open.
impl Case {
    /// Behind the handshake.
    pub fn idle(rule: &'static str, name: &'static str, sent: Vec<u8>, expect: Expect) -> Self {
        let (greeting, before) = (Some(wire::greeting()), Vec::new());
        let (bytewise, ends) = (false, false);
        Case { rule, name, greeting, before, sent, bytewise, ends, expect }
    }

    /// Behind START.
    pub fn open(rule: &'static str, name: &'static str, sent: Vec<u8>, expect: Expect) -> Self {
        Case { before: wire::start(b"check"), ..Case::idle(rule, name, sent, expect) }
    }

    /// Behind good frames.
    pub fn behind(self, before: Vec<u8>) -> Self {
        Case { before, ..self }
    }

    /// In place of a HELLO.
    pub fn first(rule: &'static str, name: &'static str, sent: Vec<u8>, expect: Expect) -> Self {
        Case { greeting: None, ..Case::idle(rule, name, sent, expect) }
    }

    /// With another HELLO.
    pub fn greeted(self, greeting: Vec<u8>) -> Self {
        Case { greeting: Some(greeting), ..self }
    }

    pub fn bytewise(self) -> Self {
        Case { bytewise: true, ..self }
    }

    pub fn ends(self) -> Self {
        Case { ends: true, ..self }
    }

    /// The section: the number before the point.
    pub fn section(&self) -> &'static str {
        self.rule.split('.').next().unwrap_or(self.rule)
    }
}

impl Expect {
    /// The expectation in a few words.
    pub fn words(self) -> String {
        match self {
            Expect::Rejected(reason) => format!("a reject: {reason}"),
            Expect::RejectedOrTaken(reason, seq) => format!("ACK {seq}, or by policy {reason}"),
            Expect::Taken(seq) => format!("ACK {seq}"),
            Expect::Silence => "no ERROR".to_owned(),
            Expect::Greeting => "one HELLO, and before ours nothing else".to_owned(),
            Expect::Restraint => "no more DATA and no longer frames than we take".to_owned(),
            Expect::OwnLimit => "its own max_frame taken, and one byte more refused".to_owned(),
            Expect::Credit => "a reject: credit_violation".to_owned(),
        }
    }
}
