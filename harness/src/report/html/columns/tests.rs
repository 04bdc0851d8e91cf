use serde_json::json;

use super::super::super::sample::violated;
use super::*;

#[test]
fn a_run_becomes_columns() {
    let (_, history) = violated();
    let columns = serde_json::to_value(Columns::of(&history)).expect("JSON");
    assert_eq!(columns["nodes"], json!(["n1", "n2"]));
    assert_eq!(columns["clients"], json!(["alice"]));
    assert_eq!(columns["sessions"], json!(["AB12"]));
    assert_eq!(columns["kinds"], "eeeeicicolfficoee");
    assert_eq!(columns["operations"]["outcome"], "ooo");
    assert_eq!(columns["operations"]["sent"], json!([-1, 0, 0]));
    assert_eq!(columns["operations"]["answered"], json!([0, 0, 0]));
    assert_eq!(columns["replicas"]["count"], json!([1, 2]));
    assert_eq!(columns["logs"]["classes"], json!(["other-warning"]));
}

#[test]
fn a_fault_lasts_from_its_hit_until_its_node_is_ready_again_and_ends_a_life() {
    let (_, history) = violated();
    let columns = Columns::of(&history);
    let at = |wanted: fn(&RecordKind) -> bool| {
        micros(history.records.iter().rfind(|record| wanted(&record.kind)).expect("there is one").at)
    };
    let hit = at(|kind| matches!(kind, RecordKind::Fault { phase: FaultPhase::Hit { .. }, .. }));
    let ready = at(|kind| matches!(kind, RecordKind::Event(Event::NodeReady { .. })));
    let fault = &columns.faults[0];
    assert_eq!((fault.node, fault.from, fault.until), (0, Some(hit), Some(ready)));
    let lives: Vec<_> = columns.lives.iter().map(|life| (life.node, life.until)).collect();
    assert_eq!(lives, [(0, Some(hit)), (1, None), (0, None)]);
}
