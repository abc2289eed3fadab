//! How much of each stream the peer has acknowledged.

use oap::Flow;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The DATA that were sent and are not known as acknowledged, and the bytes that are, by stream.
#[derive(Default)]
pub struct Tracking {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    in_flight: VecDeque<Sent>,
    acknowledged: Vec<u64>,
}

struct Sent {
    seq: u64,
    stream: usize,
    bytes: u64,
}

impl Tracking {
    /// Notes a DATA of that stream.
    pub fn sent(&self, seq: u64, stream: usize, bytes: usize) {
        let bytes = bytes as u64;
        self.lock().in_flight.push_back(Sent { seq, stream, bytes });
    }

    /// Asks what stands in flight now, and gives the bytes acknowledged so far, by stream. The answer has to be
    /// younger than all that was noted as sent.
    pub fn settle(&self, flow: impl Fn() -> Flow) -> Vec<u64> {
        let mut state = self.lock();
        let flow = flow();
        while let Some(sent) = state.in_flight.front() {
            let behind = flow.last_seq.map_or(0, |last| last.wrapping_sub(sent.seq));
            if behind < u64::from(flow.in_flight) {
                break;
            }
            let Sent { stream, bytes, .. } = *sent;
            state.in_flight.pop_front();
            let streams = state.acknowledged.len().max(stream + 1);
            state.acknowledged.resize(streams, 0);
            state.acknowledged[stream] += bytes;
        }
        state.acknowledged.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(last: u64, in_flight: u32) -> Flow {
        let mut flow = oap::Session::new(oap::Config::default()).outbound();
        (flow.last_seq, flow.in_flight) = (Some(last), in_flight);
        flow
    }

    #[test]
    fn what_is_no_longer_in_flight_is_acknowledged() {
        let tracking = Tracking::default();
        for (seq, stream, bytes) in [(1, 0, 10), (2, 0, 5), (3, 2, 7)] {
            tracking.sent(seq, stream, bytes);
        }
        assert_eq!(tracking.settle(|| flow(3, 3)), [0; 0]);
        assert_eq!(tracking.settle(|| flow(3, 2)), [10]);
        assert_eq!(tracking.settle(|| flow(3, 0)), [15, 0, 7]);
    }
}
