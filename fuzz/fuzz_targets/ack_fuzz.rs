//! Credit and acknowledgement alone, with numbers of all 64 bits: what the receiver refuses to acknowledge the sender
//! would reject, and the reverse; both have the same DATA in flight as a plain list has.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use oap::{Ack, Config, Data, Flow, Frame, Reason, Row, SeqRolloverPolicy, Session, Start};

#[derive(Arbitrary, Debug)]
enum Step {
    /// The next DATA.
    Data,
    /// DATA with any seq.
    DataOf(u64),
    /// An ACK of so many before the last.
    Ack(u8),
    AckOf(u64),
}

fuzz_target!(|input: (u16, u64, bool, Vec<Step>)| {
    let (window, first, wraps, steps) = input;
    let policy = if wraps { SeqRolloverPolicy::Wrap } else { SeqRolloverPolicy::Error };
    let mut pair = Pair::new(u32::from(window % 1_024) + 1, policy);
    pair.data(first);
    for step in steps {
        let last = pair.last.unwrap_or(first);
        match step {
            Step::Data => pair.data(last.wrapping_add(1)),
            Step::DataOf(seq) => pair.data(seq),
            Step::Ack(behind) => pair.ack(last.wrapping_sub(behind.into())),
            Step::AckOf(up_to) => pair.ack(up_to),
        }
        pair.assert_agrees();
    }
});

struct Pair {
    sender: Session,
    receiver: Session,
    window: u32,
    wraps: bool,
    in_flight: Vec<u64>,
    last: Option<u64>,
}

impl Pair {
    /// Both have greeted, and the sender's stream is open.
    fn new(window: u32, policy: SeqRolloverPolicy) -> Self {
        let config = Config::default().with_seq_rollover_policy(policy);
        let config = config.with_ack_window_frames(window.into()).expect("in its range");
        let mut pair = Pair {
            sender: Session::new(config),
            receiver: Session::new(config),
            window,
            wraps: policy == SeqRolloverPolicy::Wrap,
            in_flight: Vec::new(),
            last: None,
        };
        let hello = Frame::Hello(pair.sender.hello());
        assert_eq!(cross(&mut pair.sender, &mut pair.receiver, &hello), Ok(()));
        assert_eq!(cross(&mut pair.receiver, &mut pair.sender, &hello), Ok(()));
        let start = Frame::Start(Start { stream: "notes" });
        assert_eq!(cross(&mut pair.sender, &mut pair.receiver, &start), Ok(()));
        pair
    }

    fn data(&mut self, seq: u64) {
        let next = match self.last {
            None => true,
            Some(u64::MAX) => self.wraps && seq == 0,
            Some(last) => seq == last + 1,
        };
        let good = next && self.in_flight.len() < self.window as usize;
        let data = Frame::Data(Data { seq, obj: None, body: b"" });
        let crossed = cross(&mut self.sender, &mut self.receiver, &data);
        assert_eq!(crossed, good.then_some(()).ok_or(Reason::CreditViolation));
        if good {
            self.in_flight.push(seq);
            self.last = Some(seq);
        }
    }

    fn ack(&mut self, up_to: u64) {
        let named = self.in_flight.iter().position(|&seq| seq == up_to);
        let ack = Frame::Ack(Ack { up_to });
        let crossed = cross(&mut self.receiver, &mut self.sender, &ack);
        assert_eq!(crossed, named.map(|_| ()).ok_or(Reason::CreditViolation));
        if let Some(named) = named {
            self.in_flight.drain(..=named);
        }
    }

    fn assert_agrees(&self) {
        let flow: Flow = self.sender.outbound();
        assert_eq!(flow, self.receiver.inbound());
        assert_eq!((flow.in_flight as usize, flow.last_seq), (self.in_flight.len(), self.last));
        assert_eq!(flow.credit(), self.window - flow.in_flight);
    }
}

/// A frame goes across; or one side refuses it, and the other would reject it by the same label.
fn cross(from: &mut Session, to: &mut Session, frame: &Frame<'_>) -> Result<(), Reason> {
    let mut rows = [Row::default(); 2];
    let mut wire = Vec::new();
    let sent = from.send_to(frame, &mut wire);
    let refusal = sent.err().map(|error| error.reason().expect("a growing buffer"));
    if refusal.is_some() {
        oap::encode_to(frame, &mut wire).expect("fields that are good");
        let reject = to.clone().recv(&wire, &mut rows).err();
        assert_eq!(reject.map(|reject| reject.reason()), refusal);
        return refusal.map_or(Ok(()), Err);
    }
    let (first, rest) = wire.split_at(wire.len() / 2);
    assert_eq!(to.recv(first, &mut rows).expect("what was sent").len(), 0);
    assert_eq!(to.recv(rest, &mut rows).expect("what was sent").len(), 1);
    Ok(())
}
