//! What a host does and a peer sends, by the rules and against them, in any split: a session agrees with the plain
//! reading of section 4 in every frame, refusal, reject and flow, and so does its monitor; two sessions never reject
//! each other and agree once all has arrived.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use oap_fuzz::made::{AnyConfig, AnyPlay};
use oap_fuzz::sides::{Bench, Pair};

/// What happens to one side, or between two.
#[derive(Arbitrary, Debug)]
enum Step<'a> {
    Send(AnyPlay),
    Arrive(AnyPlay),
    /// So many bytes on the way arrive, with so many rows.
    Recv(u16, u8),
    RecvAll(u8),
    Greet,
    Noise(&'a [u8]),
    Finish,
}

fuzz_target!(|input: (AnyConfig, AnyConfig, bool, Vec<Step<'_>>)| {
    let (AnyConfig(config), AnyConfig(other), alone, steps) = input;
    if alone {
        one_side(config, &steps);
    } else {
        two_sides([config, other], &steps);
    }
});

fn one_side(config: oap::Config, steps: &[Step<'_>]) {
    let mut bench = Bench::new(config);
    for step in steps {
        match step {
            Step::Send(play) => bench.play(&play.0),
            Step::Arrive(play) => bench.arrive(&play.0),
            Step::Recv(len, rows) => {
                bench.recv(bench.pipe.len().min((*len).into()), usize::from(rows % 4));
            }
            Step::RecvAll(rows) => bench.recv(bench.pipe.len(), usize::from(rows % 4)),
            Step::Greet => bench.greet(),
            Step::Noise(bytes) => bench.noise(bytes),
            Step::Finish => bench.finish(),
        }
        bench.compare();
    }
}

/// They have the policies of the first, since a host that sends under another is refused by nobody but the peer.
fn two_sides([a, b]: [oap::Config; 2], steps: &[Step<'_>]) {
    let b = b
        .with_seq_rollover_policy(a.seq_rollover_policy())
        .with_enforce_obj_header_on_objects(a.enforce_obj_header_on_objects());
    let mut pair = Pair::new([a, b]);
    for step in steps {
        match step {
            Step::Send(play) => pair.play(0, &play.0),
            Step::Arrive(play) => pair.play(1, &play.0),
            Step::Recv(len, side) => {
                let side = usize::from(side % 2);
                pair.arrive(side, pair.pipes[side].len().min((*len).into()));
            }
            Step::RecvAll(side) => {
                let side = usize::from(side % 2);
                pair.arrive(side, pair.pipes[side].len());
            }
            Step::Greet | Step::Noise(_) | Step::Finish => {}
        }
    }
    pair.assert_agree();
}
