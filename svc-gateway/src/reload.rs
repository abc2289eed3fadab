//! SIGHUP: the configuration is read again, and taken as a whole or not at all.

use crate::config::{Change, Config, Key};
use crate::config_sources::{Problem, Sources, Texts};
use crate::listener::Entrance;
use crate::report;
use crate::tls::{Dates, Identity, Tls};
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
        let old = self.entrance.service.config();
        let merged = old.reloaded(&fresh).map_err(|problem| texts.explain(&problem))?;
        let identity = self.identity(&merged, &texts)?;
        if let (Some(tls), Some(identity)) = (&self.entrance.tls, identity) {
            report::certificate(&identity.dates.last_day());
            tls.replace(identity);
        }
        self.entrance.service.set_config(merged);
        Ok(old.changes(&fresh))
    }

    fn identity(&self, config: &Config, texts: &Texts) -> Result<Option<Identity>, String> {
        let explain = |problem: Problem| texts.explain(&problem);
        let fresh = Identity::read(config).map_err(explain)?;
        let fault = |dates: Dates| dates.fault(SystemTime::now());
        let is_good = |tls: &Arc<Tls>| fault(tls.current().dates).is_none();
        match fresh.as_ref().and_then(|identity| fault(identity.dates)) {
            // It would be no worse than what there is.
            Some(fault) if self.entrance.tls.as_ref().is_some_and(is_good) => {
                Err(explain(Problem::new(&["tls_certificate"], fault)))
            }
            _ => Ok(fresh),
        }
    }
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
