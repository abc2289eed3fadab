//! What of the hosts is shown, and in which order: as keys change it.

use crate::top::hosts::Row;
use ratatui::crossterm::event::KeyCode;
use std::cmp::Ordering;

type Get = fn(&Row) -> f64;

/// The columns with numbers; the greatest stand first.
const NUMBERS: [(&str, Get); 7] = [
    ("frames/s", |row| row.frames),
    ("bytes/s", |row| row.bytes),
    ("rejects/s", |row| row.rejects),
    ("credit", |row| row.credit),
    ("in flight", |row| row.in_flight),
    ("room", |row| row.room),
    ("starved/s", |row| row.starved),
];

pub const COLUMNS: usize = 2 + NUMBERS.len();

/// The head of a column.
pub fn head(column: usize) -> &'static str {
    match column {
        0 => "host",
        1 => "state",
        number => NUMBERS[number - 2].0,
    }
}

/// The text of a column.
pub fn cell(row: &Row, column: usize) -> String {
    match column {
        0 => row.url.clone(),
        1 => row.state.name().to_owned(),
        8 => format!("{:.3}", row.starved),
        number => format!("{:.0}", (NUMBERS[number - 2].1)(row)),
    }
}

fn compare(column: usize, one: &Row, other: &Row) -> Ordering {
    match column {
        0 => one.url.cmp(&other.url),
        1 => one.state.cmp(&other.state),
        number => {
            let get = NUMBERS[number - 2].1;
            get(other).total_cmp(&get(one))
        }
    }
}

/// The choices of who looks.
#[derive(Default)]
pub struct View {
    pub sorted_by: usize,
    pub reversed: bool,
    /// Only hosts whose name, state, missing keys or rejects have it.
    pub filter: String,
    /// The filter is being typed.
    pub typing: bool,
    pub selected: usize,
}

/// What a key leads to.
#[derive(PartialEq, Eq, Debug)]
pub enum Next {
    Stay,
    Leave,
}

impl View {
    pub fn key(&mut self, key: KeyCode) -> Next {
        if self.typing {
            self.type_key(key);
            return Next::Stay;
        }
        match key {
            KeyCode::Char('q') | KeyCode::Esc => return Next::Leave,
            KeyCode::Char('/') => self.typing = true,
            KeyCode::Char('r') => self.reversed = !self.reversed,
            KeyCode::Char('s') | KeyCode::Right => self.sort_by(self.sorted_by + 1),
            KeyCode::Left => self.sort_by(self.sorted_by + COLUMNS - 1),
            KeyCode::Down | KeyCode::Char('j') => self.selected = self.selected.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => self.selected = self.selected.saturating_sub(1),
            _ => {}
        }
        Next::Stay
    }

    fn type_key(&mut self, key: KeyCode) {
        match key {
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => (self.typing, self.filter) = (false, String::new()),
            KeyCode::Backspace => drop(self.filter.pop()),
            KeyCode::Char(c) => self.filter.push(c),
            _ => {}
        }
    }

    fn sort_by(&mut self, column: usize) {
        self.sorted_by = column % COLUMNS;
    }

    /// The hosts that are shown, in their order; the selection stays inside.
    pub fn rows<'r>(&mut self, all: &'r [Row]) -> Vec<&'r Row> {
        let mut rows: Vec<_> = all.iter().filter(|row| self.shows(row)).collect();
        rows.sort_by(|one, other| {
            let order = compare(self.sorted_by, one, other);
            if self.reversed {
                order.reverse()
            } else {
                order
            }
        });
        self.selected = self.selected.min(rows.len().saturating_sub(1));
        rows
    }

    fn shows(&self, row: &Row) -> bool {
        let rejects = row.rejects_by_reason.iter().filter(|(_, count)| *count > 0.0);
        let words = rejects.map(|(reason, _)| reason.as_str());
        let words = words.chain(row.missing.iter().map(String::as_str));
        let mut words = words.chain([row.url.as_str(), row.state.name()]);
        words.any(|word| word.contains(&self.filter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::hosts::State;

    fn hosts() -> Vec<Row> {
        let host = |url: &str, state, frames, rejects: &[(&str, f64)]| {
            let rejects = rejects.iter().map(|(name, count)| ((*name).to_owned(), *count));
            Row { state, frames, rejects_by_reason: rejects.collect(), ..Row::gone(url) }
        };
        vec![
            host("http://b", State::Ready, 5.0, &[("truncated", 1.0)]),
            host("http://a", State::Ready, 7.0, &[("truncated", 0.0)]),
            host("http://c", State::Gone, 0.0, &[]),
        ]
    }

    fn shown(view: &mut View) -> Vec<String> {
        view.rows(&hosts()).iter().map(|row| row.url[7..].to_owned()).collect()
    }

    fn press(view: &mut View, keys: &str) {
        for c in keys.chars() {
            view.key(KeyCode::Char(c));
        }
    }

    #[test]
    fn keys_sort_and_reverse() {
        let mut view = View::default();
        assert_eq!(shown(&mut view), ["a", "b", "c"]);
        press(&mut view, "ss");
        assert_eq!(shown(&mut view), ["a", "b", "c"], "by frames, the most first");
        press(&mut view, "r");
        assert_eq!(shown(&mut view), ["c", "b", "a"]);
        view.key(KeyCode::Left);
        assert_eq!(shown(&mut view)[2], "c", "by state, reversed");
    }

    #[test]
    fn a_filter_is_typed_kept_and_dropped() {
        let mut view = View::default();
        press(&mut view, "/trunq");
        view.key(KeyCode::Backspace);
        view.key(KeyCode::Enter);
        assert_eq!(shown(&mut view), ["b"]);
        press(&mut view, "/");
        view.key(KeyCode::Esc);
        assert_eq!(shown(&mut view).len(), 3);
        assert_eq!(view.key(KeyCode::Char('q')), Next::Leave);
    }

    #[test]
    fn the_selection_stays_on_a_host() {
        let mut view = View::default();
        press(&mut view, "jjjjjj");
        shown(&mut view);
        assert_eq!(view.selected, 2);
    }
}
