//! No monitor: it needs `std`. Nothing publishes, and what would count is left out by the compiler.

use crate::reject::Reject;
use crate::row::Row;
use crate::telemetry::totals::{Counts, Gauges};

/// There is none.
#[derive(Clone, Debug)]
pub(crate) enum Publisher {}

impl Publisher {
    pub fn received(&mut self, _: &[Row], _: Option<&Reject>) {
        match *self {}
    }

    pub fn frames(&self, _: &Counts) {
        match *self {}
    }

    pub fn gauges(&mut self, _: Gauges) {
        match *self {}
    }
}
