//! How the dashboard looks.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Cell, Clear, Paragraph, Row as TableRow, Table, Wrap};
use tomee_harness::keeper::{ClusterView, NodeRow, SessionRow};

use super::app::{App, KEYS, Mode};

const GOOD: Style = Style::new().fg(Color::Green);
const BAD: Style = Style::new().fg(Color::Red);
const SOFT: Style = Style::new().add_modifier(Modifier::DIM);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const CHOSEN: Style = Style::new().add_modifier(Modifier::REVERSED);

pub(super) fn draw(frame: &mut Frame<'_>, app: &App) {
    let nodes = u16::try_from(app.nodes().len()).unwrap_or(u16::MAX).saturating_add(3);
    let sessions = frame.area().height.saturating_sub(nodes + 4) / 3;
    let [head, top, middle, traffic, lower, foot] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(nodes),
        Constraint::Length(sessions.clamp(3, 14)),
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    header(frame, app, head);
    node_table(frame, app, top);
    session_table(frame, app, middle);
    frame.render_widget(Paragraph::new(traffic_line(app)), traffic);
    let [history, log] = if lower.width >= 100 {
        Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(lower)
    } else {
        Layout::vertical([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(lower)
    };
    lines(frame, "History", history_lines(app), history);
    lines(frame, "Log", log_lines(app), log);
    footer(frame, app, foot);
    match &app.mode {
        Mode::Help => help(frame),
        Mode::Question(verb, node) => {
            let about = KEYS.iter().find(|key| key.verb == *verb).map_or("", |key| key.question);
            popup(frame, " Sure? ", vec![Line::from(format!("{verb} {node}? {about}")), Line::from("y: yes, any other key: no")]);
        }
        Mode::Plain | Mode::Filter => {}
    }
}

fn view(app: &App) -> Option<&ClusterView> {
    app.look.as_ref()?.view.as_ref()
}

fn header(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let title = view(app).map_or_else(
        || Line::from("connecting"),
        |view| {
            let doing = view.doing.as_ref().map(|doing| format!(" · {doing}")).unwrap_or_default();
            Line::from(vec![Span::styled(format!("{} is {}", view.name, view.phase), BOLD), Span::raw(doing)])
        },
    );
    let gone = app.look.as_ref().and_then(|look| look.gone.clone());
    let setting = view(app).map(|view| view.setting.clone()).unwrap_or_default();
    let second = gone.map_or_else(|| Line::styled(setting, SOFT), |gone| Line::styled(gone, BAD));
    frame.render_widget(Paragraph::new(vec![title, second]), area);
}

fn node_table(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let front = view(app).and_then(|view| view.front.as_ref());
    let rows = app.nodes().iter().enumerate().map(|(place, row)| {
        let state = Cell::new(row.state.clone()).style(if row.state == "running" { GOOD } else { BAD });
        let in_front = front.and_then(|front| front.servers.get(&row.node)).map(|server| server.state.to_string());
        let cells = [
            Cell::new(row.node.to_string()),
            state,
            Cell::new(in_front.unwrap_or_else(|| "-".to_owned())),
            Cell::new(members(row)),
            Cell::new(apps(row)),
            Cell::new(row.problem.as_ref().map(|line| line.message.clone()).unwrap_or_default()).style(SOFT),
        ];
        TableRow::new(cells).style(if place == app.chosen { CHOSEN } else { Style::new() })
    });
    let widths = [
        Constraint::Length(6),
        Constraint::Length(12),
        Constraint::Length(6),
        Constraint::Length(14),
        Constraint::Length(24),
        Constraint::Min(10),
    ];
    let header = TableRow::new(["NODE", "STATE", "FRONT", "SEES", "APPS (SESSIONS)", "LAST PROBLEM"]).style(BOLD);
    frame.render_widget(Table::new(rows, widths).header(header).block(titled("Nodes")), area);
}

fn members(row: &NodeRow) -> String {
    match &row.members {
        None => "-".to_owned(),
        Some(members) if members.is_empty() => "nobody".to_owned(),
        Some(members) => members.join(" "),
    }
}

fn apps(row: &NodeRow) -> String {
    let of = |app: &tomee_harness::keeper::AppRow| {
        format!("{} ({})", app.context, app.sessions.map_or_else(|| "?".to_owned(), |count| count.to_string()))
    };
    row.apps.iter().map(of).collect::<Vec<_>>().join(" ")
}

fn session_table(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let names: Vec<_> = app.nodes().iter().map(|row| row.node.clone()).collect();
    let all: &[SessionRow] = app.look.as_ref().map_or(&[], |look| &look.sessions);
    let rows = all.iter().map(|session| {
        let held = names.iter().map(|node| match session.nodes.get(node) {
            Some(Some(replica)) => {
                let count = replica.attributes.get("count").map(|count| format!(" {}", count.value)).unwrap_or_default();
                let role = serde_json::to_value(replica.role).ok();
                format!("{}{count}", role.as_ref().and_then(|role| role.as_str()).unwrap_or_default())
            }
            _ => "-".to_owned(),
        });
        let first = [session.context.to_string(), session.stem.clone()];
        let cells: Vec<String> = first.into_iter().chain(held).chain([session.differ.join(", ")]).collect();
        TableRow::new(cells).style(if session.differ.is_empty() { Style::new() } else { BAD })
    });
    let columns = names.iter().map(|_| Constraint::Length(12));
    let widths = [Constraint::Length(12), Constraint::Length(33)].into_iter().chain(columns).chain([Constraint::Min(8)]);
    let titles = ["APP".to_owned(), "SESSION".to_owned()].into_iter();
    let titles = titles.chain(names.iter().map(ToString::to_string)).chain(["DIFFERS IN".to_owned()]);
    let table = Table::new(rows, widths).header(TableRow::new(titles).style(BOLD));
    frame.render_widget(table.block(titled(&format!("Sessions ({})", all.len()))), area);
}

fn traffic_line(app: &App) -> Line<'static> {
    let traffic = &app.traffic;
    let recent = traffic.answered + traffic.failed;
    let text = format!(
        "{} requests; of the last {recent}: {} answered, {} not, median {} ms, at most {} ms",
        traffic.total, traffic.answered, traffic.failed, traffic.median_ms, traffic.longest_ms
    );
    Line::styled(text, if traffic.failed == 0 { Style::new() } else { BAD })
}

fn history_lines(app: &App) -> Vec<Line<'static>> {
    let shown = app.rows.iter().map(|row| {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a run are far below 2^52")]
        let seconds = row.at_ms as f64 / 1000.0;
        (format!("{seconds:9.3} {} {}", row.node.as_deref().unwrap_or(""), row.text), row.bad)
    });
    fitting(app, shown)
}

fn log_lines(app: &App) -> Vec<Line<'static>> {
    let shown = app.logs.iter().map(|entry| {
        let first = entry.message.lines().next().unwrap_or_default();
        (format!("{} {} {first}", entry.node, entry.level), entry.is_a_problem())
    });
    fitting(app, shown)
}

fn fitting(app: &App, all: impl Iterator<Item = (String, bool)>) -> Vec<Line<'static>> {
    let fits = all.filter(|(text, _)| app.fits(text));
    fits.map(|(text, bad)| Line::styled(printable(&text), if bad { BAD } else { Style::new() })).collect()
}

/// A log may hold anything; a terminal would obey it.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// The last lines that have room.
fn lines(frame: &mut Frame<'_>, title: &str, all: Vec<Line<'static>>, area: Rect) {
    let room = usize::from(area.height.saturating_sub(1));
    let last = all[all.len().saturating_sub(room)..].to_vec();
    frame.render_widget(Paragraph::new(last).block(titled(title)), area);
}

fn footer(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let line = match (&app.mode, &app.said) {
        (Mode::Filter, _) => Line::from(format!("/{}▏ Enter keeps it, Esc clears it", app.filter)),
        (_, (said, bad)) if !said.is_empty() => Line::styled(said.clone(), if *bad { BAD } else { GOOD }),
        _ if !app.filter.is_empty() => Line::from(format!("filter: {} (Esc clears it)", app.filter)),
        _ => Line::styled("↑↓ node · k kill · s stop · p pause · h heal · r restart · / filter · ? help · q quit", SOFT),
    };
    frame.render_widget(Paragraph::new(line), area);
}

fn help(frame: &mut Frame<'_>) {
    let mut all = vec![
        Line::from("↑ ↓ Tab   choose a node"),
        Line::from("/         filter history and log; Esc clears it"),
        Line::from("q Ctrl-C  quit; the cluster stays up"),
        Line::from(""),
    ];
    for key in &KEYS {
        all.push(Line::from(format!("{}         {:<8} {}", key.key, key.verb, key.question)));
    }
    all.push(Line::from(""));
    all.push(Line::from("Each of these asks before it does something. Any key closes this."));
    popup(frame, " Keys ", all);
}

fn popup(frame: &mut Frame<'_>, title: &'static str, text: Vec<Line<'static>>) {
    let area = frame.area();
    let width = area.width.min(72);
    let height = area.height.min(u16::try_from(text.len()).unwrap_or(u16::MAX).saturating_add(3));
    let (x, y) = ((area.width - width) / 2, (area.height - height) / 2);
    let place = Rect::new(area.x + x, area.y + y, width, height);
    let block = Block::new().borders(Borders::ALL).title(title);
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }).block(block), place);
}

fn titled(title: &str) -> Block<'_> {
    Block::new().borders(Borders::TOP).title(format!(" {title} "))
}
