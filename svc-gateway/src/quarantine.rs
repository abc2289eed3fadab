//! Peers whose bytes were refused too often: for a time their connections end before the decoder, so that they count
//! no reject and one hostile peer can't turn the readiness of a fleet.

use crate::config::Config;
use crate::peer::Network;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Peers on record. Beyond, the oldest record of a peer that is not in quarantine goes.
const RECORDS: usize = 16_384;

pub struct Quarantine {
    rules: RwLock<Rules>,
    records: Mutex<HashMap<Network, Record>>,
    /// How many times a peer was put in.
    count: AtomicU64,
}

#[derive(Clone, Copy)]
struct Rules {
    /// Offences that put a peer in; 0 is never.
    limit: u64,
    /// In which they count together.
    window: Duration,
    lasts: Duration,
}

impl Rules {
    fn of(config: &Config) -> Self {
        Rules {
            limit: config.quarantine_offences.0,
            window: config.quarantine_window_seconds.duration(),
            lasts: config.quarantine_seconds.duration(),
        }
    }
}

#[derive(Clone, Copy)]
struct Record {
    since: Instant,
    offences: u64,
    until: Option<Instant>,
}

impl Record {
    fn is_held(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    fn is_over(&self, now: Instant, window: Duration) -> bool {
        match self.until {
            Some(until) => now >= until,
            None => now.duration_since(self.since) >= window,
        }
    }
}

impl Quarantine {
    pub fn new(config: &Config) -> Self {
        Quarantine {
            rules: RwLock::new(Rules::of(config)),
            records: Mutex::default(),
            count: AtomicU64::new(0),
        }
    }

    /// For offences from now on; who is in stays as long as was said.
    pub fn set_rules(&self, config: &Config) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Rules::of(config);
    }

    /// Counts an offence. Whether the peer is in quarantine from now on, and was not before.
    pub fn offence(&self, peer: Network, now: Instant) -> bool {
        let rules = *self.rules.read().unwrap_or_else(PoisonError::into_inner);
        if rules.limit == 0 {
            return false;
        }
        let mut records = self.records();
        make_room(&mut records, peer, now, rules.window);
        let fresh = Record { since: now, offences: 0, until: None };
        let record = records.entry(peer).or_insert(fresh);
        if record.is_over(now, rules.window) {
            *record = fresh;
        }
        record.offences += 1;
        if record.until.is_some() || record.offences < rules.limit {
            return false;
        }
        record.until = Some(now + rules.lasts);
        self.count.fetch_add(1, Relaxed);
        true
    }

    pub fn holds(&self, peer: Network, now: Instant) -> bool {
        self.records().get(&peer).is_some_and(|record| record.is_held(now))
    }

    /// How many times a peer was put in: who has seen this number need not ask again before it grows.
    pub fn count(&self) -> u64 {
        self.count.load(Relaxed)
    }

    /// Peers that are in quarantine.
    pub fn held(&self, now: Instant) -> usize {
        self.records().values().filter(|record| record.is_held(now)).count()
    }

    fn records(&self) -> MutexGuard<'_, HashMap<Network, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(
    records: &mut HashMap<Network, Record>,
    peer: Network,
    now: Instant,
    window: Duration,
) {
    if records.len() < RECORDS || records.contains_key(&peer) {
        return;
    }
    records.retain(|_, record| !record.is_over(now, window));
    if records.len() < RECORDS {
        return;
    }
    let oldest = records.iter().min_by_key(|(_, record)| (record.is_held(now), record.since));
    if let Some(oldest) = oldest.map(|(&network, _)| network) {
        records.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const WINDOW: Duration = Duration::from_secs(10);
    const LASTS: Duration = Duration::from_secs(60);

    fn quarantine(limit: u64) -> Quarantine {
        let rules = RwLock::new(Rules { limit, window: WINDOW, lasts: LASTS });
        Quarantine { rules, records: Mutex::default(), count: AtomicU64::new(0) }
    }

    fn peer(number: u32) -> Network {
        std::net::IpAddr::from(Ipv4Addr::from(number)).into()
    }

    #[test]
    fn the_offence_that_reaches_the_limit_puts_a_peer_in_until_its_time_is_over() {
        let (quarantine, start) = (quarantine(3), Instant::now());
        let offences = [(); 4].map(|()| quarantine.offence(peer(1), start));
        assert_eq!(offences, [false, false, true, false]);
        assert!(quarantine.holds(peer(1), start) && !quarantine.holds(peer(2), start));
        assert_eq!((quarantine.held(start), quarantine.count()), (1, 1));
        assert!(!quarantine.holds(peer(1), start + LASTS));
        assert!(!quarantine.offence(peer(1), start + LASTS), "it begins anew");
    }

    #[test]
    fn offences_count_together_within_the_window_only() {
        let (quarantine, start) = (quarantine(2), Instant::now());
        assert!(!quarantine.offence(peer(1), start));
        assert!(!quarantine.offence(peer(1), start + WINDOW));
        assert!(quarantine.offence(peer(1), start + WINDOW));
    }

    #[test]
    fn with_a_limit_of_0_nobody_is_put_in() {
        let (quarantine, now) = (quarantine(0), Instant::now());
        assert!((0..1_000).all(|_| !quarantine.offence(peer(1), now)));
        assert!(!quarantine.holds(peer(1), now));
    }

    #[test]
    fn the_records_are_bounded_and_who_is_in_quarantine_stays() {
        let (quarantine, start) = (quarantine(2), Instant::now());
        for _ in 0..2 {
            quarantine.offence(peer(0), start);
        }
        let others = RECORDS as u32 + 100;
        (1..others).for_each(|number| {
            quarantine.offence(peer(number), start + Duration::from_micros(number.into()));
        });
        assert_eq!(quarantine.records().len(), RECORDS);
        assert!(quarantine.holds(peer(0), start));
        assert!(quarantine.offence(peer(others - 1), start), "the newest are on record");
    }
}
