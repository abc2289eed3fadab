//! Every state of two real connections within stated bounds, over a transport with little room: whatever the schedule of
//! writes, reads, takes, breaks and deadlines, each ends, cleanly or with a reason that is true.

use oap_model::Step::{Abort, AwaitDelivery, AwaitEnd, Close, Data, End, Start};
use oap_model::{Event, Line, Mistake, Talk};
use stateright::{Checker, HasDiscoveries, Model, Property};
use std::collections::BTreeSet;

struct Check(Talk);

impl Model for Check {
    type State = Line;
    type Action = Event;

    fn init_states(&self) -> Vec<Line> {
        vec![Line::new(&self.0)]
    }

    fn actions(&self, line: &Line, events: &mut Vec<Event>) {
        events.extend(line.events(&self.0));
    }

    fn next_state(&self, line: &Line, event: Event) -> Option<Line> {
        Some(line.next(event, &self.0))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties =
            vec![Property::always(HOLDS, |_: &Check, line: &Line| line.broken.is_none())];
        macro_rules! reached {
            ($($reason:literal)*) => { $(properties.push(Property::sometimes($reason, |_, line: &Line| {
                line.end_words().contains(&Some($reason))
            }));)* };
        }
        reached!("clean" "incomplete" "unacknowledged" "handshake_timeout" "stalled" "close_timeout" "reset" "aborted");
        properties
    }
}

const HOLDS: &str = "every check holds";

const ONE_WAY: Talk = Talk {
    name: "one way, cut anywhere",
    scripts: [&[Start, Data, Data, End, Close], &[AwaitEnd, Close]],
    window: 1,
    room: 16,
    send_buffer: 1,
    receive_buffer: 1,
    fails: false,
    times_out: false,
    cuts: true,
    mistake: Mistake::None,
};
const BOTH_WAYS: Talk = Talk {
    name: "both ways",
    scripts: [&[Start, Data, Data, End, AwaitEnd, AwaitDelivery, Close]; 2],
    room: 40,
    cuts: false,
    ..ONE_WAY
};
const EARLY: Talk = Talk {
    name: "a close while the peer sends",
    scripts: [&[Start, Data, Close], &[Start, Data, Data, End, Close]],
    ..BOTH_WAYS
};
const BREAKS: Talk = Talk { name: "a transport that breaks", fails: true, cuts: false, ..ONE_WAY };
const ABORTS: Talk = Talk {
    name: "an abort",
    scripts: [&[Start, Data, Data, Abort], &[Start, AwaitEnd, Close]],
    ..BOTH_WAYS
};
const LATE: Talk = Talk {
    name: "deadlines",
    scripts: [&[Start, Data, Data, Close], &[Start, Data, Data, End, Close]],
    times_out: true,
    ..BOTH_WAYS
};

#[test]
fn every_schedule_ends_with_a_reason_that_is_true() {
    let mut reached = BTreeSet::new();
    for talk in [ONE_WAY, BOTH_WAYS, EARLY, BREAKS, ABORTS, LATE] {
        let checker = Check(talk).checker().threads(2).spawn_bfs().join();
        println!(
            "{}: {} states, {} steps, depth {}",
            talk.name,
            checker.unique_state_count(),
            checker.state_count(),
            checker.max_depth(),
        );
        if let Some(path) = checker.discovery(HOLDS) {
            panic!("{}: {:?}\n{path:?}", talk.name, path.last_state().broken);
        }
        reached.extend(checker.discoveries().into_keys());
    }
    // The walk is not an empty one.
    for property in Check(ONE_WAY).properties().iter().filter(|property| property.name != HOLDS) {
        assert!(reached.contains(property.name), "{}", property.name);
    }
}

#[test]
fn every_planted_mistake_is_found() {
    let planted = [
        Mistake::TakesTooEarly,
        Mistake::LosesAWrite,
        Mistake::RepeatsAWrite,
        Mistake::MissesTheEnd,
        Mistake::WritesTooLittle,
    ];
    for mistake in planted {
        let checker = Check(Talk { mistake, ..ONE_WAY })
            .checker()
            .finish_when(HasDiscoveries::AnyFailures)
            .spawn_bfs()
            .join();
        let path = checker.discovery(HOLDS).unwrap_or_else(|| panic!("{mistake:?} is not found"));
        println!("{mistake:?} breaks: {}", path.last_state().broken.unwrap_or_default());
    }
}
