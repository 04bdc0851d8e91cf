//! How the dashboard looks.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Cell, Clear, Paragraph, Row as TableRow, Table, Wrap};
use tomee_harness::keeper::{ClusterView, NodeRow};

use crate::command::by_hand::deeds::Deed;

use super::app::{App, KEYS, Mode, Pending};

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
        Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).spacing(1).areas(lower)
    } else {
        Layout::vertical([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(lower)
    };
    lines(frame, "History", &history_lines(app), history);
    lines(frame, "Log", &log_lines(app), log);
    footer(frame, app, foot);
    match &app.mode {
        Mode::Help => help(frame),
        Mode::Menu(place) => menu(frame, app, *place),
        Mode::Value(pending, text) => value(frame, pending, text),
        Mode::Question(pending) => {
            let Pending { deed, node, given } = pending;
            let given: String = given.iter().map(|(key, value)| format!(", {key} {value}")).collect();
            let question = Line::from(format!("{} {node}{given}? It {}.", deed.verb, deed.does));
            popup(frame, " Sure? ", vec![question, Line::from("y: yes, any other key: no")]);
        }
        Mode::Plain | Mode::Search => {}
    }
}

fn view(app: &App) -> Option<&ClusterView> {
    app.look.view.as_ref()
}

fn header(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let title = view(app).map_or_else(
        || Line::from("connecting"),
        |view| {
            let doing = view.doing.as_ref().map(|doing| format!(" · {doing}")).unwrap_or_default();
            Line::from(vec![Span::styled(format!("{} is {}", view.name, view.phase), BOLD), Span::raw(doing)])
        },
    );
    let gone = app.look.gone.clone();
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
    let rows = app.look.sessions.iter().map(|session| {
        let held = names.iter().map(|node| session.nodes.get(node).cloned().unwrap_or_default());
        let stem: String = session.stem.chars().take(10).collect();
        let first = [session.context.clone(), format!("{stem}…")];
        let cells: Vec<String> = first.into_iter().chain(held).chain([session.differ.join(", ")]).collect();
        TableRow::new(cells).style(if session.differ.is_empty() { Style::new() } else { BAD })
    });
    let columns = names.iter().map(|_| Constraint::Length(12));
    let widths =
        [Constraint::Length(12), Constraint::Length(11)].into_iter().chain(columns).chain([Constraint::Min(8)]);
    let titles = ["APP".to_owned(), "SESSION".to_owned()].into_iter();
    let titles = titles.chain(names.iter().map(ToString::to_string)).chain(["DIFFERS IN".to_owned()]);
    let table = Table::new(rows, widths).header(TableRow::new(titles).style(BOLD));
    frame.render_widget(table.block(titled(&format!("Sessions ({})", app.look.all_sessions))), area);
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
fn lines(frame: &mut Frame<'_>, title: &str, all: &[Line<'static>], area: Rect) {
    let room = usize::from(area.height.saturating_sub(1));
    let last = all[all.len().saturating_sub(room)..].to_vec();
    frame.render_widget(Paragraph::new(last).block(titled(title)), area);
}

fn footer(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let line = match (&app.mode, &app.said) {
        (Mode::Search, _) => Line::from(format!("/{}▏ Enter keeps it, Esc clears it", app.search)),
        (_, (said, bad)) if !said.is_empty() => Line::styled(printable(said), if *bad { BAD } else { GOOD }),
        _ if !app.search.is_empty() => Line::from(format!("/{} (Esc clears it)", app.search)),
        _ => Line::styled(
            "↑↓ node · k kill · s stop · p pause · h heal · r restart · f more · / search · ? help · q quit",
            SOFT,
        ),
    };
    frame.render_widget(Paragraph::new(line), area);
}

fn help(frame: &mut Frame<'_>) {
    let mut all = vec![
        Line::from("↑ ↓ Tab   choose a node"),
        Line::from("f         all that can be done to it now"),
        Line::from("/         search in history and logs; Esc clears it"),
        Line::from("q Ctrl-C  quit; the cluster stays up"),
        Line::from(""),
    ];
    all.extend(KEYS.iter().map(|(key, verb)| Line::from(format!("{key}         {verb} the chosen node"))));
    all.push(Line::from(""));
    all.push(Line::from("Each step is asked about first. d, m and y need a front. Any key closes this."));
    popup(frame, " Keys ", all);
}

fn menu(frame: &mut Frame<'_>, app: &App, chosen: usize) {
    let node = app.nodes().get(app.chosen).map(|row| row.node.to_string()).unwrap_or_default();
    let open = app.open();
    // What is below the screen is scrolled to.
    let room = usize::from(frame.area().height).saturating_sub(4).max(1);
    let first = (chosen + 1).saturating_sub(room);
    let line = |(place, deed): (usize, &&Deed)| {
        let text = format!("{:<20} {}", deed.verb, deed.does);
        Line::styled(text, if place == chosen { CHOSEN } else { Style::new() })
    };
    let mut all: Vec<_> = open.iter().enumerate().skip(first).take(room).map(line).collect();
    all.push(Line::styled(format!("{node}: ↑↓ and Enter, any other key closes this"), SOFT));
    unwrapped(frame, " Do ", all);
}

fn value(frame: &mut Frame<'_>, pending: &Pending, text: &str) {
    let Pending { deed, node, given } = pending;
    let wanted = deed.parameters.iter().find(|wanted| !given.contains_key(wanted.key));
    let wanted = wanted.map(|wanted| format!("{} ({})", wanted.key, wanted.expected)).unwrap_or_default();
    let all = vec![Line::from(format!("{wanted}: {text}▏")), Line::from("Enter: on, Esc: not at all")];
    popup(frame, &format!(" {} {node} ", deed.verb), all);
}

fn popup(frame: &mut Frame<'_>, title: &str, text: Vec<Line<'static>>) {
    let area = middle(frame.area(), 72, text.len() + 3);
    let block = Block::new().borders(Borders::ALL).title(title.to_owned());
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }).block(block), area);
}

/// The same for lines of which each has one row.
fn unwrapped(frame: &mut Frame<'_>, title: &str, text: Vec<Line<'static>>) {
    let area = middle(frame.area(), 100, text.len() + 2);
    let block = Block::new().borders(Borders::ALL).title(title.to_owned());
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(text).block(block), area);
}

fn middle(area: Rect, width: u16, height: usize) -> Rect {
    let width = area.width.min(width);
    let height = area.height.min(u16::try_from(height).unwrap_or(u16::MAX));
    let (x, y) = ((area.width - width) / 2, (area.height - height) / 2);
    Rect::new(area.x + x, area.y + y, width, height)
}

fn titled(title: &str) -> Block<'_> {
    Block::new().borders(Borders::TOP).title(format!(" {title} "))
}
