//! A session against the plain reading of section 4, two sessions against each other, and the numbers of a flow.

use crate::frames::Owned;
use crate::game::{Game, Move, Play};
use crate::model::{OWN, PEER};
use crate::sides::{flow, observed, recv, send, Bench, Pair};
use crate::strategies::{config, hello_move, play};
use crate::streams::{chunks, chunks_of, stream};
use crate::ways::{self, By, Trace};
use oap::{Config, EncodeError, End, Frame, Hello, Reason, Session};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// What happens to one side.
#[derive(Clone, Debug)]
enum Step {
    Send(Play),
    /// Sends the HELLO of the configuration.
    Greet,
    /// The peer sends a frame; its bytes wait in the pipe.
    Arrive(Play),
    /// So many bytes of the pipe are received, with so many rows; 0: as owned frames.
    Recv(Index, usize),
    /// All of the pipe is received.
    RecvAll(usize),
    Noise(Vec<u8>),
    Finish,
}

/// Most begin with both HELLOs.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        60 => play().prop_map(Step::Send),
        60 => play().prop_map(Step::Arrive),
        60 => (0..4usize).prop_map(Step::RecvAll),
        40 => (any::<Index>(), 0..4usize).prop_map(|(part, rows)| Step::Recv(part, rows)),
        1 => stream().prop_map(Step::Noise),
        1 => Just(Step::Finish),
    ];
    let hellos = (hello_move(), hello_move(), any::<bool>()).prop_map(|(own, peer, own_first)| {
        let own = [Step::Send((own, false)), Step::Greet];
        let peer = [Step::Arrive((peer, false)), Step::RecvAll(1)];
        let [first, then] = if own_first { [own, peer] } else { [peer, own] };
        [first, then].concat()
    });
    let steps = vec(step, 1..80);
    prop_oneof![
        9 => (hellos, steps.clone()).prop_map(|(hellos, steps)| [hellos, steps].concat()),
        1 => steps,
    ]
}

fn take(bench: &mut Bench, step: &Step) {
    match step {
        Step::Send(play) => bench.play(play),
        Step::Greet => bench.greet(),
        Step::Arrive(play) => bench.arrive(play),
        Step::Recv(part, rows) => bench.recv(part.index(bench.pipe.len() + 1), *rows),
        Step::RecvAll(rows) => bench.recv(bench.pipe.len(), *rows),
        Step::Noise(bytes) => bench.noise(bytes),
        Step::Finish => bench.finish(),
    }
    bench.compare();
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_session_agrees_with_the_plain_reading_and_refusals_leave_no_trace(
        steps in steps(),
        config in config(),
    ) {
        let mut bench = Bench::new(config);
        steps.iter().for_each(|step| take(&mut bench, step));
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn every_split_of_what_a_peer_says_gives_the_same(
        (plays, spoilt) in (vec(play(), 0..40), stream()),
        cuts in vec(any::<Index>(), 0..20),
        config in config(),
        rows in 1..5usize,
    ) {
        let stream = [conversation(&plays, config), spoilt].concat();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        let chunks = chunks(&stream, &cuts);
        let greeted = || {
            let mut session = Session::new(config);
            let hello = Owned::Hello(session.hello());
            send(&mut session, &hello).unwrap();
            session
        };
        let whole = ways::stage(greeted(), &[&stream], By::Feed(100));
        prop_assert_eq!(&ways::stage(greeted(), &chunks, By::Feed(rows)), &whole);
        prop_assert_eq!(&ways::stage(greeted(), &chunks, By::NextFrame), &whole);
        prop_assert_eq!(&ways::stage(greeted(), &chunks, By::Turns(rows)), &whole);
    }

    #[test]
    fn a_session_rejects_what_its_decoder_rejects(
        (stream, cuts) in chunks_of(stream()),
        config in config(),
    ) {
        let decoded = ways::decode(config, &[&stream]);
        let staged = ways::stage(Session::new(config), &chunks(&stream, &cuts), By::NextFrame);
        prop_assert!(decoded.frames.starts_with(&staged.frames));
        if staged.frames.len() == decoded.frames.len() && decoded.reject != staged.reject {
            prop_assert_eq!(staged.reject.map(|r| r.offset()), decoded.reject.map(|r| r.offset()));
        }
    }
}

/// What a peer might say to a side of that configuration.
fn conversation(plays: &[Play], config: Config) -> Vec<u8> {
    let mut game = Game::default();
    game.passed(OWN, &Owned::Hello(Session::new(config).hello()));
    let hello = (Move::Hello(1_048_576, None), false);
    let mut stream = Vec::new();
    for play in [hello].iter().chain(plays) {
        if let Some(frame) = game.frame(PEER, play) {
            game.passed(PEER, &frame);
            stream.extend(frame.wire());
        }
    }
    stream
}

/// What happens between two sides: one of them sends, or so many bytes on the way to it arrive.
type Act = (usize, Result<Play, Index>);

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![2 => play().prop_map(Ok), 1 => any::<Index>().prop_map(Err)];
    vec((0..2usize, act), 1..120)
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn two_sessions_never_reject_each_other_and_agree_once_the_pipes_are_empty(
        acts in acts(),
        (a, b) in (config(), config()),
    ) {
        let b = b
            .with_seq_rollover_policy(a.seq_rollover_policy())
            .with_enforce_obj_header_on_objects(a.enforce_obj_header_on_objects());
        let mut pair = Pair::new([a, b]);
        for (side, act) in acts {
            match act {
                Ok(play) => pair.play(side, &play),
                Err(part) => pair.arrive(side, part.index(pair.pipes[side].len() + 1)),
            }
        }
        pair.assert_agree();
    }

    #[test]
    fn a_frame_too_large_for_the_output_leaves_the_session_as_it_was(
        plays in vec(play(), 1..50),
        room in any::<Index>(),
    ) {
        let mut pair = Pair::new([Config::default(); 2]);
        pair.drain();
        for play in &plays {
            let Some(frame) = pair.game.frame(0, play) else { continue };
            let session = &mut pair.sessions[0];
            let Ok(wire) = send(&mut session.clone(), &frame) else { continue };
            let before = observed(session);
            let small = session.send(&frame.frame(), &mut vec![0; room.index(wire.len())]);
            prop_assert_eq!(small, Err(EncodeError::BufferTooSmall { needed: wire.len() }));
            prop_assert_eq!(observed(session), before);
            let mut out = vec![0; wire.len()];
            prop_assert_eq!(session.send(&frame.frame(), &mut out), Ok(wire.len()));
            prop_assert_eq!(out, wire);
            pair.game.passed(0, &frame);
        }
    }

    #[test]
    fn frames_sent_at_once_are_those_sent_in_turn_or_leave_no_trace(
        plays in vec(play(), 1..12),
        config in config(),
        greeted in any::<bool>(),
    ) {
        let mut pair = Pair::new([config; 2]);
        if greeted {
            pair.drain();
        }
        let mut frames = Vec::new();
        for play in &plays {
            let Some(frame) = pair.game.frame(0, play) else { continue };
            pair.game.passed(0, &frame);
            frames.push(frame);
        }
        let session = &mut pair.sessions[0];
        let (before, mut in_turn) = (observed(session), session.clone());
        let sent: Result<Vec<_>, _> = frames.iter().map(|frame| send(&mut in_turn, frame)).collect();
        let mut out = vec![0; frames.len() * (1 << 20)];
        let at_once = session.send_all(frames.iter().map(Owned::frame), &mut out);
        match sent {
            Ok(wires) => {
                let wire = wires.concat();
                prop_assert_eq!(at_once, Ok(wire.len()));
                prop_assert_eq!(&out[..wire.len()], wire);
                prop_assert_eq!(observed(session), observed(&in_turn));
            }
            Err(reason) => {
                prop_assert_eq!(at_once.unwrap_err().reason(), Some(reason));
                prop_assert_eq!(observed(session), before);
            }
        }
    }
}

#[test]
fn hello_says_what_the_configuration_says() {
    let config = Config::default().with_features(Some(1 << 63)).with_max_frame(8_192).unwrap();
    let session = Session::new(config.with_ack_window_frames(7).unwrap());
    let said = Hello { features: Some(1 << 63), ack_window: Some(7), ..Hello::new(8_192) };
    assert_eq!(session.hello(), said);
    let plain = Hello { ack_window: Some(32), ..Hello::new(1_048_576) };
    assert_eq!(Session::new(Config::default()).hello(), plain);
}

#[test]
fn a_session_is_established_once_both_hellos_have_passed() {
    let hello = Owned::Hello(Hello::new(4_096));
    let (mut greeted, mut heard) =
        (Session::new(Config::default()), Session::new(Config::default()));
    assert!(!greeted.is_established());
    send(&mut greeted, &hello).unwrap();
    recv(&mut heard, &hello.wire(), 1);
    assert!(!greeted.is_established() && !heard.is_established());
    recv(&mut greeted, &hello.wire(), 1);
    send(&mut heard, &hello).unwrap();
    assert!(greeted.is_established() && heard.is_established());
}

#[test]
fn a_flow_tells_each_step_of_a_stream() {
    let config = Config::default().with_ack_window_frames(3).unwrap();
    let mut pair = Pair::new([Config::default(), config]);
    assert_eq!(flow(pair.sessions[0].outbound()), (false, false, None, 0, 0));
    pair.drain();
    assert_eq!(flow(pair.sessions[0].inbound()), (false, false, None, 0, 32));
    let data = |seq| Owned::Data { seq, obj: Some(format!("b3:{}", "0".repeat(64))), body: vec![] };
    let steps = [
        (0, Owned::Start("objects/v1".to_owned()), (true, true, None, 0, 3)),
        (0, data(9), (true, true, Some(9), 1, 3)),
        (0, data(10), (true, true, Some(10), 2, 3)),
        (0, data(11), (true, true, Some(11), 3, 3)),
        (1, Owned::Ack(10), (true, true, Some(11), 1, 3)),
        (0, Owned::End(End { seq: 11, status: 0 }), (false, false, Some(11), 1, 3)),
        (0, Owned::Start("notes".to_owned()), (true, false, Some(11), 1, 3)),
        (1, Owned::Ack(11), (true, false, Some(11), 0, 3)),
    ];
    for (side, frame, told) in steps {
        assert!(pair.send(side, &frame), "{frame:?}");
        pair.drain();
        let [a, b] = &pair.sessions;
        assert_eq!(flow(a.outbound()), told, "{frame:?}");
        assert_eq!(flow(b.inbound()), told, "{frame:?}");
        assert_eq!(flow(a.inbound()), (false, false, None, 0, 32), "{frame:?}");
    }
    assert!(pair.sessions[0].is_established());
}

#[test]
fn a_length_is_judged_by_the_hello_that_was_sent_while_its_frame_came() {
    let small = Owned::Hello(Hello { ack_window: Some(1), ..Hello::new(4_096) });
    let cases = |length| [4, 5, 7, 8, 9, 70].map(|came| (length, came));
    for (length, came) in (4_096..=4_097u32).flat_map(cases) {
        // DATA with a header of 80 bytes, which never comes whole.
        let begun = [&length.to_be_bytes()[..], &[3, 0, 0, 80], &[8; 64]].concat();
        let (before, after) = begun.split_at(came);
        let mut session = Session::new(Config::default());
        assert_eq!(recv(&mut session, before, 1), Trace::default());
        send(&mut session, &small).unwrap();
        let ended = session.clone().finish().map_err(|reject| reject.reason());
        assert_eq!(ended, Err(Reason::Truncated));

        let reject = recv(&mut session, &after[..1], 1).reject;
        let oversize = (length > 4_096).then_some((Reason::FrameOversize, 4));
        assert_eq!(reject.map(|r| (r.reason(), r.at())), oversize, "{length} {came}");
    }
}

#[test]
fn reset_makes_a_session_like_a_new_one() {
    let mut pair = Pair::new([Config::default(); 2]);
    pair.drain();
    let [session, _] = &mut pair.sessions;
    recv(session, &[0xff; 9], 1);
    send(session, &Owned::Error { code: 3, reason: String::new() }).unwrap();
    session.reset();
    assert_eq!(observed(session), observed(&Session::new(Config::default())));
    assert!(session.send_to(&Frame::Hello(session.hello()), &mut Vec::new()).is_ok());
}
