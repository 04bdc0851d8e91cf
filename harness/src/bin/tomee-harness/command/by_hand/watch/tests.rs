use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;

use super::app::{Action, App, Mode};
use super::draw::draw;
use crate::command::by_hand::ask::table;
use crate::command::by_hand::live::{Row, Traffic};
use crate::command::by_hand::look::Look;

fn look(front: bool) -> Look {
    let node = |name: &str, state: &str, sees: &[&str]| {
        json!({
            "node": name, "state": state, "faults": [], "ended": (state != "running").then_some("signal 9"), "place": "process 4711", "http": "127.0.0.1:8080",
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
        "possible-faults": ["kill", "stop", "pause", "partition", "packet-loss"], "failed": null, "doing": null, "nodes": [node("n1", "running", &["n2"]), node("n2", "killed", &[])],
        "front": if front { in_front } else { serde_json::Value::Null },
    });
    let replica = |role: &str, count: u32| {
        json!({
            "id": "0123456789ABCDEF.n1", "role": role, "valid": true,
            "attributes": {"count": {"class": "java.lang.Integer", "value": count}},
        })
    };
    let session = json!({
        "stem": "0123456789ABCDEF", "context": "/counter", "nodes": {"n1": replica("primary", 3), "n2": replica("replica", 2)},
        "differ": ["count"],
    });
    let session = serde_json::from_value(session).expect("a session");
    Look::at(serde_json::from_value(view).expect("a view"), &[session])
}

fn app(front: bool) -> App {
    let mut app = App::new();
    app.see(look(front));
    let row = |at_ms, text: &str, bad| Row {
        at_ms,
        kind: "event",
        node: Some("n1".to_owned()),
        text: text.to_owned(),
        bad,
        edge: None,
    };
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
    let shown = screen(&app(true), 110, 24);
    for part in [
        "lab is up",
        "tomcat:10.1.59 · 2 nodes on process",
        "n1     running      UP     n2             /counter (1)",
        "n2     killed       MAINT  nobody         /counter (1)",
        "Sessions (1)",
        "/counter     0123456789… primary 3    replica 2    count",
        "7 requests; of the last 7: 6 answered, 1 not, median 3 ms, at most 40 ms",
        "    1.500 n1 serves /counter",
        "? help · q quit",
    ] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
}

#[test]
fn what_a_log_says_to_a_terminal_is_not_obeyed() {
    assert!(screen(&app(false), 110, 24).contains("died:  [2Jkilled"));
}

#[test]
fn a_fault_is_asked_about_first_and_only_y_does_it() {
    let mut app = app(false);
    assert_eq!(press(&mut app, KeyCode::Char('k')), Action::Nothing);
    assert!(screen(&app, 100, 24).contains("kill n1? It ends a node"));
    assert_eq!(press(&mut app, KeyCode::Enter), Action::Nothing);
    assert_eq!((&app.mode, app.said.0.as_str()), (&Mode::Plain, "kill n1: not done"));
    press(&mut app, KeyCode::Down);
    press(&mut app, KeyCode::Char('r'));
    let step = table([("restart", Some("n2".into()))]);
    assert_eq!(press(&mut app, KeyCode::Char('y')), Action::Step(step));
    // What is dead cannot be killed, and what only a balancer can do is no key where there is none.
    for key in ['k', 'm'] {
        press(&mut app, KeyCode::Char(key));
        assert_eq!((&app.mode, app.said.1), (&Mode::Plain, true), "{key}");
    }
}

#[test]
fn a_search_leaves_only_lines_that_have_it_and_esc_clears_it() {
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
    assert_eq!(app.search, "q");
}

#[test]
fn the_help_names_every_key_and_any_key_closes_it() {
    let mut app = app(true);
    press(&mut app, KeyCode::Char('?'));
    let shown = screen(&app, 100, 30);
    for (key, verb) in &super::app::KEYS {
        assert!(shown.contains(&format!("{key}         {verb} ")), "{verb} is missing in {shown}");
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
    app.see(Look { gone: Some("the keeper is gone".to_owned()), over: true, ..Look::default() });
    let shown = screen(&app, 100, 24);
    assert!(shown.contains("the keeper is gone") && shown.contains("n1"), "what was last seen stays: {shown}");
    press(&mut app, KeyCode::Char('k'));
    assert_eq!(app.mode, Mode::Plain, "nothing can be done to it any more");
    assert!(screen(&App::new(), 80, 24).contains("connecting"));
}

#[test]
fn what_a_fault_needs_is_asked_for_and_shown_in_the_question() {
    let mut app = app(false);
    press(&mut app, KeyCode::Char('f'));
    let shown = screen(&app, 110, 24);
    assert!(
        shown.contains("partition") && !shown.contains("fill-disk"),
        "what the machines cannot do is left out: {shown}"
    );
    for _ in 0..4 {
        press(&mut app, KeyCode::Down);
    }
    press(&mut app, KeyCode::Enter);
    assert!(screen(&app, 110, 24).contains("percent (expected 1 to 99)"));
    // It cannot be left out.
    press(&mut app, KeyCode::Enter);
    for character in "30".chars() {
        press(&mut app, KeyCode::Char(character));
    }
    press(&mut app, KeyCode::Enter);
    assert!(screen(&app, 110, 24).contains("packet-loss n1, percent 30? It drops"));
    let step = table([("packet-loss", Some("n1".into())), ("percent", Some(30.into()))]);
    assert_eq!(press(&mut app, KeyCode::Char('y')), Action::Step(step));
    press(&mut app, KeyCode::Char('f'));
    press(&mut app, KeyCode::Esc);
    assert_eq!(app.mode, Mode::Plain);
}
