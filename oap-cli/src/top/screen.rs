//! The page on the terminal.

use crate::colour;
use crate::top::hosts::{Row, State};
use crate::top::view::{cell, head, View, COLUMNS};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Row as Cells, Table, TableState};
use ratatui::Frame;

const KEYS: &str = "q leave · ↑↓ select · ←→ sort · r reverse · / filter";
const HOST_WIDTH: u16 = 24;
const NUMBER_WIDTH: u16 = 10;
const DETAIL_HEIGHT: u16 = 6;

pub fn draw(frame: &mut Frame<'_>, view: &mut View, hosts: &[Row]) {
    let areas = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(DETAIL_HEIGHT),
        Constraint::Length(1),
    ]);
    let [title, body, detail, foot] = areas.areas(frame.area());
    let rows = view.rows(hosts);
    let ready = hosts.iter().filter(|row| row.state == State::Ready).count();
    frame.render_widget(Line::from(format!("oap top: {ready} of {} ready", hosts.len())), title);
    let selected = rows.get(view.selected).copied();
    let shown = columns(body.width, view.sorted_by);
    let lines = rows.iter().map(|row| cells(row, &shown));
    let table = Table::new(lines, widths(&shown)).header(heads(view, &shown));
    let table = table.row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected(Some(view.selected));
    frame.render_stateful_widget(table, body, &mut state);
    if let Some(row) = selected {
        let block = Block::bordered().title(row.url.as_str());
        frame.render_widget(Paragraph::new(details(row)).block(block), detail);
    }
    let typed = format!("filter: {}", view.filter);
    let wanted = view.typing || !view.filter.is_empty();
    frame.render_widget(Line::from(if wanted { typed } else { KEYS.to_owned() }), foot);
}

/// The columns that fit, whole: a number that is cut would be another one. What is sorted by is one of them.
fn columns(width: u16, sorted_by: usize) -> Vec<usize> {
    let numbers = width.saturating_sub(HOST_WIDTH) / (NUMBER_WIDTH + 1);
    let mut shown: Vec<_> = (0..(1 + usize::from(numbers)).clamp(2, COLUMNS)).collect();
    if let Some(last) = shown.last_mut() {
        *last = sorted_by.max(*last);
    }
    shown
}

fn widths(shown: &[usize]) -> impl Iterator<Item = Constraint> + '_ {
    shown.iter().map(|column| match column {
        0 => Constraint::Min(HOST_WIDTH),
        _ => Constraint::Length(NUMBER_WIDTH),
    })
}

fn heads(view: &View, shown: &[usize]) -> Cells<'static> {
    let arrow = if view.reversed { "▲" } else { "▼" };
    let heads = shown.iter().map(|&column| match column == view.sorted_by {
        true => format!("{}{arrow}", head(column)),
        false => head(column).to_owned(),
    });
    Cells::new(heads).style(Style::new().add_modifier(Modifier::BOLD))
}

fn cells(row: &Row, shown: &[usize]) -> Cells<'static> {
    let colour = match row.state {
        State::Ready => Color::Reset,
        State::NotReady => Color::Yellow,
        State::Gone => Color::Red,
    };
    let style = if colour::wanted() { Style::new().fg(colour) } else { Style::new() };
    Cells::new(shown.iter().map(|&column| cell(row, column))).style(style)
}

fn details(row: &Row) -> Vec<Line<'static>> {
    let missing = if row.missing.is_empty() { "none".to_owned() } else { row.missing.join(", ") };
    vec![
        Line::from(format!("missing   {missing}")),
        Line::from(format!("frames    {}", counts(&row.frames_by_kind))),
        Line::from(format!("rejects   {}", counts(&row.rejects_by_reason))),
    ]
}

/// Those that are not 0.
fn counts(all: &[(String, f64)]) -> String {
    let some = all.iter().filter(|(_, count)| *count > 0.0);
    let some: Vec<_> = some.map(|(name, count)| format!("{name} {count}")).collect();
    if some.is_empty() {
        "none".to_owned()
    } else {
        some.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::backend::TestBackend;
    use ratatui::Terminal;

    #[test]
    fn the_page_has_hosts_numbers_and_the_detail_of_the_selected_one() {
        let mut host = Row::gone("http://a:9909");
        (host.state, host.frames) = (State::NotReady, 1234.0);
        host.missing = vec!["oap_reject_rate_ok".to_owned()];
        host.rejects_by_reason = vec![("truncated".to_owned(), 3.0), ("bad_hello".to_owned(), 0.0)];
        let mut terminal = Terminal::new(TestBackend::new(110, 12)).unwrap();
        terminal.draw(|frame| draw(frame, &mut View::default(), &[host])).unwrap();
        let shown = terminal.backend().to_string();
        for text in
            ["0 of 1 ready", "host▼", "1234", "not ready", "oap_reject_rate_ok", "truncated 3"]
        {
            assert!(shown.contains(text), "{text}: {shown}");
        }
        assert!(!shown.contains("bad_hello"));
    }

    #[test]
    fn a_narrow_page_has_fewer_columns_and_none_is_cut() {
        let host = Row { frames: 123_456.0, starved: 0.25, ..Row::gone("http://a:9909") };
        let mut terminal = Terminal::new(TestBackend::new(60, 12)).unwrap();
        for (sorted_by, has, lacks) in
            [(0, ["frames/s", "123456"], "starved"), (8, ["starved/s▼", "0.250"], "bytes/s")]
        {
            let mut view = View { sorted_by, ..View::default() };
            terminal.draw(|frame| draw(frame, &mut view, std::slice::from_ref(&host))).unwrap();
            let shown = terminal.backend().to_string();
            assert!(has.iter().all(|text| shown.contains(text)), "{shown}");
            assert!(!shown.contains(lacks), "{shown}");
        }
    }
}
