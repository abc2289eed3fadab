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
    let table = Table::new(rows.iter().map(|row| cells(row)), widths()).header(heads(view));
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

fn widths() -> [Constraint; COLUMNS] {
    let mut widths = [Constraint::Length(NUMBER_WIDTH); COLUMNS];
    widths[0] = Constraint::Min(HOST_WIDTH);
    widths
}

fn heads(view: &View) -> Cells<'static> {
    let arrow = if view.reversed { "▲" } else { "▼" };
    let heads = (0..COLUMNS).map(|column| match column == view.sorted_by {
        true => format!("{}{arrow}", head(column)),
        false => head(column).to_owned(),
    });
    Cells::new(heads).style(Style::new().add_modifier(Modifier::BOLD))
}

fn cells(row: &Row) -> Cells<'static> {
    let colour = match row.state {
        State::Ready => Color::Reset,
        State::NotReady => Color::Yellow,
        State::Gone => Color::Red,
    };
    let style = if colour::wanted() { Style::new().fg(colour) } else { Style::new() };
    Cells::new((0..COLUMNS).map(|column| cell(row, column))).style(style)
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
}
