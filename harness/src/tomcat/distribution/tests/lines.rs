//! Lines of releases: the newest that is listed and can be had.

use rstest::rstest;

use super::fake_maven::{Heard, World};

/// As Maven says it when it may not ask anybody.
const OFFLINE: &str =
    "echo '[ERROR] Cannot access central in offline mode and the artifact x has not been downloaded'; exit 1";

#[tokio::test]
async fn the_newest_that_can_be_had_is_taken_and_named() {
    let world = World::new();
    world.put_metadata(&["9.0.0.M1", "9.0.1", "9.0.2", "10.1.1"]);
    let heard = Heard::default();
    let found = world.server("tomcat:9.0", &world.working_maven(), &heard).await.expect("a server");
    assert_eq!(found.version, "9.0.1");
    assert_eq!(found.chosen.as_deref(), Some("newest of tomcat:9.0 that can be had (9.0.2 cannot)"));
    let asked = "tomcat:9.0".parse().expect("a server");
    assert_eq!(found.exactly(&asked).to_string(), "tomcat:9.0.1");
    let notes = heard.notes.lock().expect("no panic").join("\n");
    assert!(notes.contains("asking Maven for the releases of tomcat"), "{notes}");
    assert!(
        notes.ends_with("tomcat:9.0 is tomcat:9.0.1, newest of tomcat:9.0 that can be had (9.0.2 cannot)"),
        "{notes}"
    );
    // Neither the list nor what is missing is asked for again at once.
    let starts = world.starts().len();
    let again = world.server("tomcat:9", &world.working_maven(), &heard).await.expect("a server");
    assert_eq!((again.version.as_str(), world.starts().len()), ("9.0.1", starts));
}

#[tokio::test]
async fn a_list_that_is_old_is_asked_for_again() {
    let world = World::new();
    world.put_metadata(&["9.0.1"]);
    let maven = world.working_maven();
    world.server("tomcat:latest", &maven, &Heard::default()).await.expect("a server");
    let file = world.caches().root().join("releases/tomcat.json");
    let text = fs_err::read_to_string(&file).expect("written");
    let asked =
        text.split_once("\"asked_s\":").and_then(|(_, rest)| rest.split_once(',')).expect("a time").0.to_owned();
    let old: u64 = asked.parse::<u64>().expect("a number") - 3601;
    fs_err::write(&file, text.replace(&asked, &old.to_string())).expect("writable");
    let starts = world.starts().len();
    world.server("tomcat:latest", &maven, &Heard::default()).await.expect("a server");
    assert_eq!(world.starts().len(), starts + 1);
}

#[tokio::test]
async fn without_maven_the_newest_in_the_cache_is_taken_and_said() {
    let world = World::new();
    world.resolve(&world.working_maven()).await.expect("a server");
    let heard = Heard::default();
    let found = world.server("tomcat:9.0", &world.maven(OFFLINE), &heard).await.expect("from the cache");
    assert_eq!(found.version, "9.0.1");
    let chosen = found.chosen.expect("it says why");
    assert!(chosen.starts_with("newest of tomcat:9.0 in the cache, as Maven cannot be asked: "), "{chosen}");
    assert!(chosen.contains("it is in offline mode"), "{chosen}");
    // Nothing of another line is taken for it.
    let error = world.server("tomcat:10.1", &world.maven(OFFLINE), &heard).await.expect_err("nothing is there");
    assert!(world.report(&error).contains("offline mode"), "{}", world.report(&error));
}

#[rstest]
#[case::no_such_line(&["9.0.1", "8.5.100"], "no release of tomcat:10.1 in Maven's metadata, which list 9.0.1, 8.5.100 as the newest")]
#[case::no_archive(&["10.1.1", "10.1.2"], "10.1.2, 10.1.1 of tomcat:10.1 are listed, and none of them can be had")]
#[tokio::test]
async fn a_line_without_a_release_is_an_error_that_names_what_there_is(#[case] listed: &[&str], #[case] why: &str) {
    let world = World::new();
    world.put_metadata(listed);
    for _ in 0..2 {
        let error = world.server("tomcat:10.1", &world.working_maven(), &Heard::default()).await.expect_err("none");
        assert!(world.report(&error).starts_with(why), "{}", world.report(&error));
    }
}
