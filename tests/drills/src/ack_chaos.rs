//! Acknowledgements that are late, withheld, doubled, out of order and ahead; and a gateway whose credit is starved.

use crate::client::{Client, Failure, Object};
use crate::gateway::Gateway;
use crate::hostile::play;
use crate::report::{seconds, Report};
use crate::starve::Starved;
use crate::virtual_sessions::{judge, run, Chaos, WRONG_ACKS};
use oap::Reason;
use oap_probe::hostile::BREACHES;
use oap_probe::pages;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::sleep;

const ABOUT: &str = "\
Two sessions of the library stream to each other under a virtual clock while their acknowledgements go astray. Then a real \
gateway: its own ACKs are judged by honest clients, wrong ones of a peer are refused, and its worker is made \
to wait (by strace) until credit is late.";

const SECOND: u64 = 1_000_000_000;

/// How long the virtual sessions run: twice the window of readiness.
const VIRTUAL: u64 = 600 * SECOND;

const SEED: u64 = 20_260;

const CHAOS: [Chaos; 8] = [
    Chaos { name: "at once", delay_ms: 0, withheld: 0, silence_ms: (0, 0) },
    Chaos { name: "delayed up to 1 s", delay_ms: 1_000, withheld: 0, silence_ms: (0, 0) },
    Chaos { name: "delayed up to 20 s", delay_ms: 20_000, withheld: 0, silence_ms: (0, 0) },
    Chaos { name: "half withheld", delay_ms: 100, withheld: 50, silence_ms: (0, 0) },
    Chaos {
        name: "nine of ten withheld, the rest late",
        delay_ms: 3_000,
        withheld: 90,
        silence_ms: (0, 0),
    },
    Chaos { name: "none for 5 s", delay_ms: 0, withheld: 0, silence_ms: (60_000, 65_000) },
    Chaos { name: "none for 7 s", delay_ms: 0, withheld: 0, silence_ms: (60_000, 67_000) },
    Chaos { name: "none for 30 s", delay_ms: 0, withheld: 0, silence_ms: (60_000, 90_000) },
];

pub async fn drill(program: &Path, short: bool) -> io::Result<Report> {
    let mut report = Report::new("ACK chaos", ABOUT, short);
    astray(&mut report);
    wrong(&mut report);
    let gateway = Gateway::start(program, CONFIG).await?;
    refused(&mut report, &gateway).await?;
    starved(&mut report, &gateway).await?;
    Ok(report)
}

/// One worker, so that one thread has to be starved, and a window of one frame, which is 0 while that frame is hashed. A
/// peer may be refused often.
const CONFIG: &str = "workers = 1\nack_window_frames = 1\nquarantine_offences = 0\n";

/// The library, both directions: what is late or missing is legal, and readiness follows it to the tick.
fn astray(report: &mut Report) {
    let outcomes = CHAOS.map(|chaos| (chaos, run(&chaos, SEED, VIRTUAL)));
    let rows = outcomes.map(|(chaos, outcome)| {
        [
            chaos.name.to_owned(),
            outcome.delivered.to_string(),
            outcome.acks.to_string(),
            outcome.behind.to_string(),
            format!("{:.1} s", outcome.starved_ns as f64 / SECOND as f64),
            outcome.not_ok.to_string(),
        ]
    });
    let columns =
        ["ACKs", "DATA", "ACKs sent", "refused as behind", "starved", "ticks with the key false"];
    report.table("Two sessions, ten virtual minutes", columns, &rows);
    report.note(
        "Both directions together; a session refuses to send an ACK behind one that it has sent.",
    );
    let ticks: u64 = outcomes.iter().map(|(_, outcome)| outcome.astray).sum();
    report.check("ticks at which key or counter leave the model", "0", ticks, ticks == 0);
    let false_at = |name: &str| {
        let found = outcomes.iter().find(|(chaos, _)| chaos.name == name);
        found.map_or(0, |(_, outcome)| outcome.not_ok)
    };
    let (under, over) = (false_at("none for 5 s"), false_at("none for 7 s"));
    report.check("key false after 5 s without ACK", "never", under, under == 0);
    report.check("key false after 7 s without ACK", "yes", over > 0, over > 0);
}

/// The library, both directions: what breaks rule 4.11 is refused.
fn wrong(report: &mut Report) {
    let mut refused = 0;
    let rows = WRONG_ACKS.map(|(name, up_tos)| {
        let judged = [0, 1].map(|from| judge(up_tos, from));
        let verdicts = judged.map(|(reject, _)| reject.map(|reject| reject.reason()));
        refused += verdicts.iter().filter(|&&v| v == Some(Reason::CreditViolation)).count();
        let reason = verdicts[0].map_or("none", Reason::label);
        [name.to_owned(), format!("{up_tos:?}"), reason.to_owned(), judged[0].1.to_string()]
    });
    let columns = ["ACK", "up_to, with 1 to 5 in flight", "reject", "in flight then"];
    report.table("ACKs that break a rule", columns, &rows);
    let all = 2 * WRONG_ACKS.len();
    report.check("wrong ACKs refused, both directions", &all.to_string(), refused, refused == all);
}

/// A peer of the gateway that acknowledges what was never sent.
async fn refused(report: &mut Report, gateway: &Gateway) -> io::Result<()> {
    const TIMES: usize = 20;
    let is_ack = |name: &str| name.starts_with("an ACK");
    let (mut played, mut refused) = (0, 0);
    for breach in BREACHES.iter().filter(|breach| is_ack(breach.about)) {
        for _ in 0..TIMES {
            let from = Ipv4Addr::new(127, 0, 1, 1);
            let ending = play(breach, from, gateway.address).await?;
            played += 1;
            refused += usize::from(ending.is(breach.reason));
        }
    }
    let bound = format!("all {played}");
    report.check("ACKs of nothing refused by the gateway", &bound, refused, refused == played);
    Ok(())
}

/// What key and counter said at one time.
#[derive(Clone, Copy)]
struct Look {
    at: Duration,
    /// The counter before the key was asked, and after.
    starved: (f64, f64),
    key: bool,
}

impl Look {
    /// The contract's limit, 5 s, said a second time on purpose.
    const LIMIT: f64 = 5.0;

    async fn at(base: &str, began: Instant) -> io::Result<Look> {
        let before = starved_seconds(base).await?;
        let key = !pages::readyz(base).await?.misses("oap_ack_window_ok");
        let after = starved_seconds(base).await?;
        Ok(Look { at: began.elapsed(), starved: (before, after), key })
    }

    fn row(&self) -> [String; 3] {
        [seconds(self.at), format!("{:.1}", self.starved.1), self.key.to_string()]
    }

    /// The counter may pass the limit between the questions.
    fn agrees(&self) -> bool {
        let (before, after) = self.starved;
        if self.key {
            before <= Self::LIMIT
        } else {
            after > Self::LIMIT
        }
    }
}

async fn starved_seconds(base: &str) -> io::Result<f64> {
    Ok(pages::metrics(base).await?.value("oap_ack_starved_seconds_total"))
}

/// Starves the gateway's worker for a time under the limit, lets it recover, and starves it beyond.
async fn starved(report: &mut Report, gateway: &Gateway) -> io::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let stream = tokio::spawn(requests(gateway.address, stopped));
    let mut looks = Looks { gateway, began: Instant::now(), looks: Vec::new() };
    looks.look(Duration::from_secs(1)).await?;
    let starved = Starved::start(gateway, UNDER)?;
    looks.look(UNDER).await?;
    starved.end().await?;
    looks.look(Duration::from_secs(2)).await?;
    let under = looks.last();
    let starved = Starved::start(gateway, OVER)?;
    while looks.last().key && looks.began.elapsed() < PATIENCE {
        looks.look(Duration::from_millis(200)).await?;
    }
    let flipped = looks.last();
    starved.end().await?;
    stop.send_replace(true);
    let served = stream.await.map_err(io::Error::other)?;
    looks.look(Duration::from_secs(1)).await?;

    judge_looks(report, &looks.looks, &under, &flipped);
    let (requests, failure) = served;
    let all = failure.is_none();
    let measured = failure.map_or(format!("all {requests}"), |failure| failure.to_string());
    report.check("requests served meanwhile", "all", measured, all);
    Ok(())
}

fn judge_looks(report: &mut Report, looks: &[Look], under: &Look, flipped: &Look) {
    let rows: Vec<_> = looks.iter().step_by(10).map(Look::row).collect();
    report.table("A worker starved twice", ["at", "seconds starved", "oap_ack_window_ok"], &rows);
    let starved = under.starved.1;
    let ok = starved > 0.0 && starved <= Look::LIMIT;
    report.check("starved, but not beyond the limit", "0 to 5 s", format!("{starved:.1} s"), ok);
    report.check("the key then", "true", under.key, under.key);
    let measured = format!("{}, {:.1} s starved", flipped.key, flipped.starved.1);
    report.check("the key once more than 5 s are starved", "false", measured, !flipped.key);
    let astray = looks.iter().filter(|look| !look.agrees()).count();
    let measured = format!("{astray} of {}", looks.len());
    report.check("looks at which key and counter disagree", "0", measured, astray == 0);
}

/// What a job has to wait at first: once does no harm.
const UNDER: Duration = Duration::from_secs(2);

/// What each job has to wait then.
const OVER: Duration = Duration::from_secs(1);

/// In which the key has to turn false.
const PATIENCE: Duration = Duration::from_secs(60);

struct Looks<'a> {
    gateway: &'a Gateway,
    began: Instant,
    looks: Vec<Look>,
}

impl Looks<'_> {
    async fn look(&mut self, time: Duration) -> io::Result<()> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.looks.push(Look::at(&self.gateway.pages, self.began).await?);
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    fn last(&self) -> Look {
        *self.looks.last().expect("it has looked")
    }
}

/// Objects of ten frames, each of which waits for the ACK of the one before, the next object a while after the receipt of the
/// last: how many, and why no more, if it was not asked to stop.
async fn requests(to: SocketAddr, stopped: watch::Receiver<bool>) -> (u64, Option<Failure>) {
    const PAUSE: Duration = Duration::from_millis(100);
    let object = Object::new(1_000_000, 100_000);
    let mut served = 0;
    let conversation = async {
        let mut client = Client::greeted(Ipv4Addr::new(127, 0, 2, 1), to).await?;
        while !*stopped.borrow() {
            client.request(&object).await?;
            served += 1;
            sleep(PAUSE).await;
        }
        Ok(())
    };
    let ended = conversation.await;
    (served, ended.err())
}
