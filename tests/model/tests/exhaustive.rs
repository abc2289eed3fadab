//! Every state of two real sessions within stated bounds. `cargo test --release -p oap-model -- --nocapture` prints how
//! many; OAP_MODEL=large takes the larger bounds of `make gate`.

use oap::SeqRolloverPolicy::{Error, Wrap};
use oap_model::{Action, Cuts, Fault, Scenario, World};
use stateright::{Checker, HasDiscoveries, Model, Property};
use std::collections::HashSet;

struct Check(Scenario);

impl Model for Check {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.0)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        actions.extend(world.actions(&self.0));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        Some(world.next(action, &self.0))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(HOLDS, |_: &Check, world: &World| world.broken.is_none()),
            Property::sometimes("a window is full", |_, world: &World| {
                world.outbound().iter().any(|flow| flow.window > 0 && flow.credit() == 0)
            }),
            Property::sometimes("seq has wrapped or is used up", |_, world: &World| {
                world.outbound().iter().any(|flow| matches!(flow.last_seq, Some(0 | u64::MAX)))
            }),
            Property::sometimes("DATA is in flight after END", |_, world: &World| {
                world.outbound().iter().any(|flow| !flow.open && flow.in_flight > 0)
            }),
            Property::sometimes("both have ended", |_, world: &World| {
                world.has_ended() == [true; 2]
            }),
        ]
    }
}

const HOLDS: &str = "every check holds";

const ONE_WAY: Scenario = Scenario {
    name: "one way, seq wraps",
    windows: [2, 2],
    frames: [7, 5],
    streams: [true, false],
    objects: false,
    first: u64::MAX - 1,
    rollover: Wrap,
    cuts: Cuts::Frames,
    fault: Fault::None,
};
const ENDS: Scenario = Scenario { name: "one way, seq ends", rollover: Error, ..ONE_WAY };
const CORNERS: Scenario = Scenario {
    name: "cut at corners",
    frames: [4, 2],
    objects: true,
    cuts: Cuts::Corners,
    ..ONE_WAY
};
const BYTES: Scenario =
    Scenario { name: "cut at every byte", frames: [2, 1], cuts: Cuts::EveryByte, ..ONE_WAY };
const BOTH_WAYS: Scenario = Scenario {
    name: "both ways",
    windows: [1, 2],
    frames: [4, 4],
    streams: [true, true],
    objects: true,
    ..ONE_WAY
};

/// Bounds that half a minute is enough for.
const SMALL: [Scenario; 5] = [ONE_WAY, ENDS, CORNERS, BYTES, BOTH_WAYS];

const LARGE: [Scenario; 5] = [
    Scenario { frames: [10, 8], windows: [2, 3], ..ONE_WAY },
    Scenario { frames: [10, 8], windows: [2, 3], ..ENDS },
    Scenario { frames: [6, 4], ..CORNERS },
    Scenario { frames: [3, 2], ..BYTES },
    Scenario { frames: [6, 6], windows: [2, 2], ..BOTH_WAYS },
];

#[test]
fn every_check_holds_in_every_state() {
    let large_bounds = std::env::var("OAP_MODEL").is_ok_and(|bounds| bounds == "large");
    let mut reached = HashSet::new();
    for scenario in if large_bounds { LARGE } else { SMALL } {
        let checker = Check(scenario).checker().threads(2).spawn_bfs().join();
        let Scenario { name, frames, windows, cuts, .. } = scenario;
        println!(
            "{name}: {} states, {} steps, depth {}; {frames:?} frames, windows {windows:?}, cuts {cuts:?}",
            checker.unique_state_count(),
            checker.state_count(),
            checker.max_depth(),
        );
        checker.assert_no_discovery(HOLDS);
        reached.extend(checker.discoveries().into_keys());
    }
    // The walk is not an empty one.
    for property in Check(ONE_WAY).properties().iter().filter(|property| property.name != HOLDS) {
        assert!(reached.contains(property.name), "{}", property.name);
    }
}

#[test]
fn every_planted_fault_is_found() {
    let planted = [
        Fault::SendsWhatIsRefused,
        Fault::RepeatsAck,
        Fault::ReordersAck,
        Fault::LosesData,
        Fault::LosesEnd,
        Fault::ForgetsError,
        Fault::ForgetsAtEnd,
    ];
    for fault in planted {
        let scenario = Scenario { fault, ..ONE_WAY };
        let checker =
            Check(scenario).checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
        let path = checker.discovery(HOLDS).unwrap_or_else(|| panic!("{fault:?} is not found"));
        println!("{fault:?} breaks: {}", path.last_state().broken.unwrap_or_default());
    }
}
