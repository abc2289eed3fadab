//! Hostile frames of every reason, first from one peer, then from many, mixed with honest clients.

use crate::client::Object;
use crate::gateway::Gateway;
use crate::hostile::play;
use crate::latency::{between, percentile, Served};
use crate::load::{Load, Plan};
use crate::report::{ms, seconds, Report};
use crate::watch::{Turn, Watch};
use oap::Reason;
use oap_probe::hostile::BREACHES;
use oap_probe::pages::{self, Samples};
use oap_probe::Ending;
use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, MissedTickBehavior};

const ABOUT: &str = "\
Honest clients stream objects while hostile peers break each rule of OAP/1, a connection each 5 ms: first a single peer, \
which quarantine has to keep from turning `/readyz` off, then 250 peers at their own addresses, which have to turn it off \
before honest requests suffer. `/readyz` has to come back by itself, while they go on or when they have ended: quarantine holds \
them, and honest frames outnumber the rejects again, or the 5 minutes pass in which they count.";

const REJECT_RATE: &str = "oap_reject_rate_ok";

/// Between hostile connections.
const PERIOD: Duration = Duration::from_millis(5);

const PEERS: u32 = 250;

const CONFIG: &str = "allow_pq_hello_flags = false\n";

/// The first requests pay for what is new: connections, memory, caches.
const WARM: Duration = Duration::from_secs(1);

struct Lengths {
    calm: Duration,
    alone: Duration,
    attack: Duration,
    recovery: Duration,
}

impl Lengths {
    const fn new(short: bool) -> Self {
        let [calm, alone, attack, recovery] = if short { [3, 1, 5, 330] } else { [10, 5, 30, 330] };
        Lengths {
            calm: Duration::from_secs(calm),
            alone: Duration::from_secs(alone),
            attack: Duration::from_secs(attack),
            recovery: Duration::from_secs(recovery),
        }
    }
}

/// How the connections of a case ended.
#[derive(Clone, Copy, Default)]
struct Endings {
    refused: u64,
    turned_away: u64,
    otherwise: u64,
}

impl Endings {
    fn count(&mut self, ending: &Ending, reason: Option<Reason>) {
        match ending {
            ending if ending.is(reason) => self.refused += 1,
            // Quarantine may begin after both have said HELLO.
            Ending::TurnedAway | Ending::Silent => self.turned_away += 1,
            _ => self.otherwise += 1,
        }
    }

    fn cell(&self) -> String {
        format!("{} and {}", self.refused, self.turned_away)
    }
}

/// Of each case, in their order.
type OfCases = [Endings; BREACHES.len()];

/// When the steps of the drill began, since its load did.
struct Times {
    alone: Duration,
    many: Duration,
    over: Duration,
    end: Duration,
}

pub async fn drill(program: &Path, short: bool) -> io::Result<Report> {
    let mut report = Report::new("Hostile frames under load", ABOUT, short);
    let lengths = Lengths::new(short);
    let gateway = Gateway::start(program, CONFIG).await?;
    let load = Load::start(plan(), gateway.address);
    let watch = Watch::start(&gateway.pages);
    sleep(lengths.calm).await;
    let alone = load.now();
    let one = attack(&gateway, lengths.alone, 1).await?;
    let many = load.now();
    let lot = attack(&gateway, lengths.attack, PEERS).await?;
    let over = load.now();
    watch.wait(lengths.recovery, |readyz| readyz.is_ready()).await;
    let page = pages::metrics(&gateway.pages).await?;
    let times = Times { alone, many, over, end: load.now() };
    let tally = load.stop().await;

    refusals(&mut report, &one, &lot, &page);
    turns(&mut report, &watch);
    brown_out(&mut report, &watch, &tally.served, &times);
    report.check("honest requests lost", "0", tally.why_lost(), tally.lost() == 0);
    Ok(report)
}

fn plan() -> Plan {
    Plan {
        clients: 8,
        object: Arc::new(Object::new(64 << 10, 8 << 10)),
        pause: Duration::from_millis(20),
        requests_a_connection: u64::MAX,
    }
}

/// Plays all cases in turn from that many addresses, a connection each period.
async fn attack(gateway: &Gateway, length: Duration, peers: u32) -> io::Result<OfCases> {
    let mut connections = JoinSet::new();
    let mut periods = interval(PERIOD);
    periods.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for number in 0..(length.as_millis() / PERIOD.as_millis()) as u32 {
        periods.tick().await;
        let case = number as usize % BREACHES.len();
        let from = Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 0, 1, 1)) + number % peers);
        let to = gateway.address;
        connections.spawn(async move {
            let ending = play(&BREACHES[case], from, to).await;
            ending.map(|ending| (case, ending))
        });
    }
    let mut endings = OfCases::default();
    while let Some(played) = connections.join_next().await {
        let (case, ending) = played.map_err(io::Error::other)??;
        endings[case].count(&ending, BREACHES[case].reason);
    }
    Ok(endings)
}

/// Each hostile connection has its reason or was turned away; and what peers were told is what the metrics count.
fn refusals(report: &mut Report, one: &OfCases, many: &OfCases, page: &Samples) {
    let mut told = BTreeMap::<&str, u64>::new();
    let mut rows = Vec::new();
    for (case, (one, many)) in BREACHES.iter().zip(one.iter().zip(many)) {
        let (name, label) = (case.about.to_owned(), case.reason.map_or("none", Reason::label));
        *told.entry(label).or_default() += one.refused + many.refused;
        let otherwise = (one.otherwise + many.otherwise).to_string();
        rows.push([name, label.to_owned(), one.cell(), many.cell(), otherwise]);
    }
    let columns = ["case", "reason", "one peer", "250 peers", "otherwise"];
    report.table("Refused with its reason, and turned away in quarantine", columns, &rows);
    let others: u64 = one.iter().chain(many).map(|endings| endings.otherwise).sum();
    report.check("hostile connections that ended otherwise", "0", others, others == 0);
    let untold = many.iter().filter(|endings| endings.refused == 0).count();
    report.check("cases that were never given their reason", "0", untold, untold == 0);
    let counted = |label: &str| page.value(&format!("oap_rejects_total{{reason=\"{label}\"}}"));
    let agree = told.iter().filter(|&(label, &told)| counted(label) == told as f64).count();
    report.check("reasons counted as often as given", "8", agree, agree == Reason::ALL.len());
}

fn turns(report: &mut Report, watch: &Watch) {
    let row = |turn: &Turn| {
        [seconds(turn.at), turn.readyz.status.to_string(), turn.readyz.missing.join(", ")]
    };
    let rows: Vec<_> = watch.turns().iter().map(row).collect();
    report.table("/readyz over time", ["at", "status", "missing"], &rows);
}

fn brown_out(report: &mut Report, watch: &Watch, served: &[Served], times: &Times) {
    let off = watch.first(times.alone, |readyz| !readyz.is_ready());
    let stayed = off.is_none_or(|at| at >= times.many);
    let status = if stayed { "200" } else { "503" };
    report.check("/readyz under one hostile peer", "200", status, stayed);

    let browned = watch.first(times.many, |readyz| readyz.misses(REJECT_RATE));
    let measured = browned.map_or("never".into(), |at| {
        format!("{} after the attack began", seconds(at.saturating_sub(times.many)))
    });
    report.check(&format!("503 with {REJECT_RATE}"), "yes", measured, browned.is_some());
    latencies(report, served, times, browned.unwrap_or(times.over));

    let ready = watch.first(browned.unwrap_or(times.over), |readyz| readyz.is_ready());
    let measured = ready.map_or("never".into(), |at| {
        let attack =
            if at < times.over { "while the attack went on" } else { "the attack was over" };
        format!("{} later, {attack}", seconds(at.saturating_sub(browned.unwrap_or_default())))
    });
    report.check("ready again, and ready at the end", "yes", measured, watch.is_ready());
}

fn latencies(report: &mut Report, served: &[Served], times: &Times, browned: Duration) {
    let phases = [
        ("before the attack", WARM, times.alone),
        ("one hostile peer", times.alone, times.many),
        ("250 peers, until /readyz is 503", times.many, browned),
        ("250 peers, from then on", browned, times.over),
        ("after the attack", times.over, times.end),
    ];
    let took = phases.map(|(_, from, until)| between(served, from, until));
    let rows: [_; 5] = std::array::from_fn(|phase| {
        let ((name, from, until), took) = (phases[phase], &took[phase]);
        let time = format!("{} to {}", seconds(from), seconds(until));
        let (p50, p95) = (ms(percentile(took, 50)), ms(percentile(took, 95)));
        [name.to_owned(), time, took.len().to_string(), p50, p95]
    });
    report.table("Honest requests", ["phase", "time", "requests", "p50", "p95"], &rows);
    let [calm, _, attacked, ..] = took.map(|took| percentile(&took, 95));
    let bound = format!("under {}, twice that before", ms(calm * 2));
    report.check_speed("p95 until then", &bound, ms(attacked), attacked < calm * 2);
}
