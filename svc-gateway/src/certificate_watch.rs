//! Looks at the dates of the certificate as long as the process lives.

use crate::report;
use crate::tls::{Age, Dates, Tls};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::sleep;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// Complains once a day of one that is no good, or will soon be none.
pub async fn watch(tls: Arc<Tls>) {
    let mut last = None;
    loop {
        let (dates, now) = (tls.current().dates, SystemTime::now());
        let complaint = (dates, dates.age(now), day(now));
        if last.replace(complaint) != Some(complaint) {
            complain(dates, now);
        }
        sleep(MINUTE).await;
    }
}

fn day(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() / DAY.as_secs())
}

fn complain(dates: Dates, now: SystemTime) {
    match dates.fault(now) {
        Some(fault) => report::certificate_invalid(&fault),
        None if dates.age(now) == Age::ExpiresSoon => {
            report::certificate_expires_soon(&dates.last_day());
        }
        None => {}
    }
}
