use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;

use super::app::{Action, App, Mode};
use super::draw::draw;
use crate::command::by_hand::live::{Look, Row, Traffic};

fn look(front: bool) -> Look {
    let node = |name: &str, state: &str, sees: &[&str]| {
        json!({
            "node": name, "state": state, "faults": [], "ended": null, "place": "process 4711", "http": "127.0.0.1:8080",
            "receiver": null, "members": sees, "silent": null, "problem": null,
            "apps": [{"context": "/counter", "version": "", "available": true, "sessions": 1, "local-because": null}],
        })
    };
    let servers = json!({
        "n1": {"state": "UP", "active": 0, "total": 3}, "n2": {"state": "MAINT", "active": 0, "total": 1},
    });
    let in_front = json!({"setting": "haproxy", "place": null, "http": null, "servers": servers, "silent": null});
    let view = json!({
        "name": "lab", "run": "r-1", "folder": "/tmp/r-1", "setting": "tomcat:10.1.59 · 2 nodes on process", "phase": "up",
        "failed": null, "doing": null, "nodes": [node("n1", "running", &["n2"]), node("n2", "killed", &[])],
        "front": if front { in_front } else { serde_json::Value::Null },
    });
    Look { view: Some(serde_json::from_value(view).expect("a view")), gone: None, sessions: vec![] }
}

fn app(front: bool) -> App {
    let mut app = App::new();
    app.see(look(front));
    let row = |at_ms, text: &str, bad| Row { at_ms, kind: "event", node: Some("n1".to_owned()), text: text.to_owned(), bad };
    let rows = vec![row(1500, "serves /counter", false), row(2500, "died: \u{1b}[2Jkilled", true)];
    app.hear(rows, vec![], Traffic { total: 7, answered: 6, failed: 1, median_ms: 3, longest_ms: 40 });
    app
}

fn screen(app: &App, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    terminal.draw(|frame| draw(frame, app)).expect("it is drawn");
    let buffer = terminal.backend().buffer();
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

fn press(app: &mut App, code: KeyCode) -> Action {
    app.press(KeyEvent::new(code, KeyModifiers::NONE))
}

#[test]
fn the_dashboard_shows_nodes_members_sessions_traffic_and_what_happened() {
    insta::assert_snapshot!(screen(&app(true), 110, 24));
}

#[test]
fn what_a_log_says_to_a_terminal_is_not_obeyed() {
    assert!(screen(&app(false), 110, 24).contains("died:  [2Jkilled"));
}

#[test]
fn a_fault_is_asked_about_first_and_only_y_does_it() {
    let mut app = app(false);
    assert_eq!(press(&mut app, KeyCode::Char('k')), Action::Nothing);
    assert!(screen(&app, 100, 24).contains("kill n1? Its process ends at once (SIGKILL)."));
    assert_eq!(press(&mut app, KeyCode::Enter), Action::Nothing);
    assert_eq!((&app.mode, app.said.0.as_str()), (&Mode::Plain, "kill n1: not done"));
    press(&mut app, KeyCode::Down);
    press(&mut app, KeyCode::Char('r'));
    let n2 = "n2".parse().expect("a node");
    assert_eq!(press(&mut app, KeyCode::Char('y')), Action::Step("restart", n2));
    // What only a balancer can do is no key where there is none.
    press(&mut app, KeyCode::Char('m'));
    assert_eq!(app.mode, Mode::Plain);
}

#[test]
fn the_filter_leaves_only_lines_that_have_it_and_esc_clears_it() {
    let mut app = app(false);
    press(&mut app, KeyCode::Char('/'));
    for character in "DIED".chars() {
        press(&mut app, KeyCode::Char(character));
    }
    assert_eq!(press(&mut app, KeyCode::Enter), Action::Nothing);
    let shown = screen(&app, 110, 24);
    assert!(shown.contains("died") && !shown.contains("serves /counter"), "{shown}");
    press(&mut app, KeyCode::Esc);
    assert!(screen(&app, 110, 24).contains("serves /counter"));
    // While it is written, keys are letters.
    press(&mut app, KeyCode::Char('/'));
    assert_eq!(press(&mut app, KeyCode::Char('q')), Action::Nothing);
    assert_eq!(app.filter, "q");
}

#[test]
fn the_help_names_every_key_and_any_key_closes_it() {
    let mut app = app(true);
    press(&mut app, KeyCode::Char('?'));
    let shown = screen(&app, 100, 30);
    for key in &super::app::KEYS {
        assert!(shown.contains(key.question), "{} is missing in {shown}", key.verb);
    }
    assert_eq!(press(&mut app, KeyCode::Char('q')), Action::Nothing);
    assert_eq!(press(&mut app, KeyCode::Char('q')), Action::Quit);
}

#[test]
fn a_small_screen_and_a_keeper_that_is_gone_are_no_reason_to_fail() {
    let mut app = app(true);
    for (width, height) in [(1, 1), (20, 5), (40, 12), (300, 80)] {
        screen(&app, width, height);
    }
    app.see(Look { view: None, gone: Some("the keeper is gone".to_owned()), sessions: vec![] });
    let shown = screen(&app, 100, 24);
    assert!(shown.contains("the keeper is gone") && shown.contains("n1"), "what was last seen stays: {shown}");
    assert!(screen(&App::new(), 80, 24).contains("connecting"));
}
