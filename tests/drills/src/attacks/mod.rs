//! The attacks that the protocol leaves to its host. Each has a gateway of its own, with honest load beside it that may
//! not notice.

mod churn;
mod foreign;
mod hashing;
mod partial;
mod places;
mod quarantine;
mod stalled;

use crate::client::Object;
use crate::gateway::Gateway;
use crate::latency::{between, percentile};
use crate::load::{Load, Plan};
use crate::report::{ms, Report};
use crate::watch::Watch;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

const ABOUT: &str = "\
Attacks that break no rule of OAP/1, or that no rule can answer: the gateway's deadlines, budgets, caps and its quarantine \
have to. Honest clients stream objects beside each.";

pub async fn drill(program: &Path, short: bool) -> io::Result<Report> {
    let mut report = Report::new("Attacks on the host", ABOUT, short);
    partial::attack(program, &mut report).await?;
    stalled::attack(program, short, &mut report).await?;
    churn::attack(program, short, &mut report).await?;
    places::attack(program, &mut report).await?;
    hashing::attack(program, short, &mut report).await?;
    quarantine::attack(program, &mut report).await?;
    foreign::attack(program, &mut report).await?;
    Ok(report)
}

/// The first of the attackers' addresses.
const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 1);

/// A gateway with honest load and a watch on its `/readyz`.
struct Scene {
    gateway: Gateway,
    load: Load,
    watch: Watch,
    attacked: Duration,
}

impl Scene {
    /// Begins with a time of calm, to compare with.
    async fn start(program: &Path, keys: &str) -> io::Result<Self> {
        const CALM: Duration = Duration::from_secs(2);
        let gateway = Gateway::start(program, keys).await?;
        let plan = Plan {
            clients: 4,
            object: Arc::new(Object::new(64 << 10, 8 << 10)),
            pause: Duration::from_millis(20),
            requests_a_connection: u64::MAX,
        };
        let load = Load::start(plan, gateway.address);
        let watch = Watch::start(&gateway.pages);
        sleep(CALM).await;
        let attacked = load.now();
        Ok(Scene { gateway, load, watch, attacked })
    }

    /// Judges what the honest clients saw of the attack; and that `/readyz` did not.
    async fn end(self, report: &mut Report, attack: &str) {
        let turns = self.watch.turns().len();
        let steady = turns == 1 && self.watch.is_ready();
        let ready = format!("{attack}: /readyz");
        report.check(&ready, "200 all the time", if steady { "200" } else { "503" }, steady);
        self.judge_honest(report, attack).await;
    }

    async fn judge_honest(self, report: &mut Report, attack: &str) {
        let end = self.load.now();
        let tally = self.load.stop().await;
        let lost = format!("{attack}: honest requests lost");
        report.check(&lost, "0", tally.why_lost(), tally.lost() == 0);
        let calm = between(&tally.served, Duration::ZERO, self.attacked);
        let during = between(&tally.served, self.attacked, end);
        let (before, while_it) = (percentile(&calm, 99), percentile(&during, 99));
        let p99 = format!("{} in calm, {} during it", ms(before), ms(while_it));
        let what = format!("{attack}: p99 of honest requests");
        report.check_speed(&what, "within 3 times", p99, while_it <= before * 3);
    }
}
