//! SIGHUP: the configuration is read again, and taken as a whole or not at all.

use crate::config::{Change, Config, Key};
use crate::config_sources::{Problem, Sources};
use crate::listener::Entrance;
use crate::tls::{Dates, Identity};
use crate::{process, report};
use std::sync::Arc;
use std::time::SystemTime;

/// Reads what the gateway was started with, and brings it to the connections.
pub struct Reloader {
    pub sources: Sources,
    pub entrance: Arc<Entrance>,
}

impl Reloader {
    /// Says what has changed, or why nothing has.
    pub fn reload(&self) {
        let reloaded = self.try_reload();
        let has_certificate = self.entrance.tls.is_some();
        self.entrance.service.metrics.reloaded(reloaded.is_ok(), has_certificate);
        match reloaded {
            Ok(changes) => report_changes(&changes),
            Err(reason) => report::reload_refused(&reason),
        }
    }

    fn try_reload(&self) -> Result<Changes, String> {
        if !self.sources.can_be_read_again() {
            return Err(
                "the configuration came from no regular file: it can't be read again".into()
            );
        }
        let (fresh, texts) = Config::load(&self.sources)?;
        self.take(&fresh).map_err(|problem| texts.explain(&problem))
    }

    /// Nothing is taken before all has been found good.
    fn take(&self, fresh: &Config) -> Result<Changes, Problem> {
        let old = self.entrance.service.config();
        let merged = old.reloaded(fresh)?;
        let identity = Identity::read(&merged)?;
        if let (Some(tls), Some(identity)) = (&self.entrance.tls, identity) {
            if is_worse(identity.dates, tls.current().dates) {
                let reason = identity.dates.fault(SystemTime::now()).unwrap_or_default();
                return Err(Problem::new(&["tls_certificate"], reason));
            }
            report::certificate(&identity.dates.last_day());
            tls.replace(identity);
        }
        let connections = process::max_connections(&merged);
        self.entrance.admission.set_limits(connections, merged.max_connections_per_peer.0);
        self.entrance.service.set_config(merged);
        Ok(old.changes(fresh))
    }
}

/// Out of date, and the one that it would follow is not.
fn is_worse(fresh: Dates, old: Dates) -> bool {
    let now = SystemTime::now();
    fresh.fault(now).is_some() && old.fault(now).is_none()
}

type Changes = Vec<(&'static Key, String, String)>;

fn report_changes(changes: &Changes) {
    let names = |change| {
        let those = changes.iter().filter(|(key, ..)| key.change == change);
        those.map(|(key, ..)| key.name).collect::<Vec<_>>().join(",")
    };
    for (key, old, new) in changes.iter().filter(|(key, ..)| key.change == Change::Reload) {
        report::key_changed(key.name, old, new);
    }
    report::reloaded(&names(Change::Reload), &names(Change::Restart));
}
