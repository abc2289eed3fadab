//! `oap top`: many hosts on one page.

mod hosts;
mod screen;
mod view;

use crate::answer::Answer;
use anyhow::ensure;
use clap::Args;
use hosts::{Host, Row, State};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::io::{stdout, IsTerminal};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::{spawn_blocking, JoinSet};
use tokio::time::{interval, sleep};
use view::{cell, head, Next, View, COLUMNS};

/// How long a key is waited for before the page is drawn anew.
const FRAME: Duration = Duration::from_millis(200);

/// Watches hosts by their /metrics and /readyz: frames, rejects, credit, room, what is missing.
#[derive(Args)]
#[command(after_help = "Examples:
  oap top http://10.0.0.1:9909 http://10.0.0.2:9909
  oap top --once --json http://localhost:9909

With --once the exit status is 1 where a host is not ready.")]
pub struct Top {
    /// http://HOST:PORT of each host's metrics
    #[arg(required = true)]
    urls: Vec<String>,
    /// Seconds between two looks
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    interval: u64,
    /// Look twice, print a table, and end
    #[arg(long)]
    once: bool,
    /// Print JSON lines, one a host
    #[arg(long, requires = "once")]
    json: bool,
}

/// The rows that were seen last, in the order of the command line.
#[derive(Clone)]
struct Seen(Arc<Mutex<Vec<Row>>>);

impl Seen {
    fn lock(&self) -> MutexGuard<'_, Vec<Row>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Top {
    pub async fn run(self) -> anyhow::Result<Answer> {
        let between = Duration::from_secs(self.interval);
        let mut hosts: Vec<_> = self.urls.iter().map(|url| Host::new(url)).collect();
        if self.once {
            look(&mut hosts).await;
            sleep(between).await;
            let rows = look(&mut hosts).await;
            print(&rows, self.json)?;
            let ready = rows.iter().all(|row| row.state == State::Ready);
            return Ok(if ready { Answer::Yes } else { Answer::No });
        }
        ensure!(stdout().is_terminal(), "the page needs a terminal: --once prints a table");
        let rows = self.urls.iter().map(|url| Row::gone(url)).collect();
        let seen = Seen(Arc::new(Mutex::new(rows)));
        let shown = seen.clone();
        let looking = tokio::spawn(async move {
            let mut ticks = interval(between);
            loop {
                ticks.tick().await;
                let rows = look(&mut hosts).await;
                *seen.lock() = rows;
            }
        });
        let left = spawn_blocking(move || show(&shown)).await?;
        looking.abort();
        left?;
        Ok(Answer::Yes)
    }
}

/// Looks at all hosts at once.
async fn look(hosts: &mut Vec<Host>) -> Vec<Row> {
    let mut looks = JoinSet::new();
    for (place, mut host) in hosts.drain(..).enumerate() {
        looks.spawn(async move {
            let row = host.look().await;
            (place, host, row)
        });
    }
    let mut looked = looks.join_all().await;
    looked.sort_by_key(|(place, ..)| *place);
    let (back, rows) = looked.into_iter().map(|(_, host, row)| (host, row)).unzip();
    *hosts = back;
    rows
}

fn print(rows: &[Row], json: bool) -> anyhow::Result<()> {
    if json {
        for row in rows {
            println!("{}", serde_json::to_string(row)?);
        }
        return Ok(());
    }
    let line = |cells: Vec<String>| println!("{}", cells.join("  ").trim_end());
    let width = |column: usize| match column {
        0 => rows.iter().map(|row| row.url.len()).max().unwrap_or(0),
        _ => head(column).len().max(9),
    };
    let padded = |column: usize, text: String| format!("{text:<width$}", width = width(column));
    line((0..COLUMNS).map(|column| padded(column, head(column).to_owned())).collect());
    for row in rows {
        line((0..COLUMNS).map(|column| padded(column, cell(row, column))).collect());
    }
    Ok(())
}

/// Draws and takes keys until the user leaves.
fn show(seen: &Seen) -> anyhow::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let mut view = View::default();
    let ended = loop {
        let rows = seen.lock().clone();
        if let Err(error) = terminal.draw(|frame| screen::draw(frame, &mut view, &rows)) {
            break Err(error.into());
        }
        match next_key() {
            Ok(Some(key)) if view.key(key) == Next::Leave => break Ok(()),
            Ok(_) => {}
            Err(error) => break Err(error.into()),
        }
    };
    ratatui::restore();
    ended
}

/// A key, where one comes before the next frame. Control-C is `q`.
fn next_key() -> std::io::Result<Option<KeyCode>> {
    if !event::poll(FRAME)? {
        return Ok(None);
    }
    let Event::Key(key) = event::read()? else { return Ok(None) };
    if key.kind == KeyEventKind::Release {
        return Ok(None);
    }
    let control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    Ok(Some(if control_c { KeyCode::Char('q') } else { key.code }))
}
