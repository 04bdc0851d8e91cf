use rstest::rstest;

use super::*;
use crate::tomcat::distribution::Namespace;

struct Machine {
    _guard: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Machine {
    fn new() -> Self {
        let guard = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8PathBuf::try_from(guard.path().canonicalize().expect("it is there")).expect("a Unicode name");
        Self { _guard: guard, root }
    }

    /// A `JAVA_HOME` whose `bin/java` is this script.
    fn java(&self, name: &str, script: &str) -> Utf8PathBuf {
        let home = self.root.join(name);
        self.program(&format!("{name}/bin/java"), script);
        home
    }

    fn program(&self, path: &str, script: &str) {
        crate::tomcat::distribution::tests::script(&self.root.join(path), script);
    }

    fn release(&self, name: &str, text: &str) {
        fs::write(self.root.join(name).join("release"), text).expect("writable");
    }

    fn report(&self, error: &JavaError) -> String {
        let cause = std::error::Error::source(error).map(|cause| format!("\ncaused by: {cause}")).unwrap_or_default();
        let hint = error.hint().unwrap_or_default();
        format!("{error}{cause}\nhint: {hint}").replace(self.root.as_str(), "[machine]")
    }
}

const RELEASE_17: &str =
    "IMPLEMENTOR=\"Eclipse Adoptium\"\nJAVA_RUNTIME_VERSION=\"17.0.15+6\"\nJAVA_VERSION=\"17.0.15\"\n";
const RELEASE_8: &str = "JAVA_VERSION=\"1.8.0_402\"\nOS_NAME=\"Linux\"\n";
const MUST_NOT_RUN: &str = "exit 9";

fn environment(java_home: &str, path: &str) -> JavaEnvironment {
    JavaEnvironment { java_home: Some(java_home.into()), path: Some(path.into()) }
}

#[test]
fn the_named_one_goes_before_java_home_and_that_before_the_path() {
    let machine = Machine::new();
    for (name, version) in [("named", "21.0.1"), ("home", "17.0.15"), ("path", "11.0.2")] {
        machine.java(name, MUST_NOT_RUN);
        machine.release(name, &format!("JAVA_VERSION=\"{version}\"\n"));
    }
    let both = environment(machine.root.join("home").as_str(), machine.root.join("path/bin").as_str());
    let major =
        |named: Option<&Utf8Path>, environment| Java::find_in(named, environment).expect("it is there").version.major;
    assert_eq!(major(Some(&machine.root.join("named")), &both), 21);
    assert_eq!(major(None, &both), 17);
    assert_eq!(major(None, &environment("", machine.root.join("path/bin").as_str())), 11);
}

#[rstest]
#[case::today(RELEASE_17, 17, "17.0.15", Some("Eclipse Adoptium"))]
#[case::the_old_way(RELEASE_8, 8, "1.8.0_402", None)]
fn the_release_file_is_read_and_java_not_started(
    #[case] release: &str,
    #[case] major: u32,
    #[case] full: &str,
    #[case] vendor: Option<&str>,
) {
    let machine = Machine::new();
    let home = machine.java("jdk", MUST_NOT_RUN);
    machine.release("jdk", release);
    let java = Java::find_in(Some(&home), &JavaEnvironment::default()).expect("it is there");
    assert_eq!((java.home, java.version.major, java.version.to_string()), (home, major, full.to_owned()));
    assert_eq!(java.vendor.as_deref(), vendor);
}

#[test]
fn a_java_on_the_path_is_followed_to_its_home() {
    let machine = Machine::new();
    let home = machine.java("jdk", MUST_NOT_RUN);
    machine.release("jdk", RELEASE_17);
    fs::create_dir_all(machine.root.join("bin")).expect("writable");
    fs_err::os::unix::fs::symlink(home.join("bin/java"), machine.root.join("bin/java")).expect("writable");
    let path = format!("{}:{}", machine.root.join("nowhere"), machine.root.join("bin"));
    assert_eq!(Java::find_in(None, &environment("", &path)).expect("it is there").home, home);
}

#[test]
fn a_shim_on_the_path_is_asked_for_its_home() {
    let machine = Machine::new();
    machine.program(
        "shims/java",
        "echo '    java.home = /opt/jdk-21' >&2; echo '    java.vendor = Somebody' >&2; echo '    java.version = 21.0.1' >&2",
    );
    let java = Java::find_in(None, &environment("", machine.root.join("shims").as_str())).expect("it answers");
    assert_eq!((java.home.as_str(), java.version.major, java.vendor.as_deref()), ("/opt/jdk-21", 21, Some("Somebody")));
}

#[test]
fn each_java_that_cannot_be_used_is_reported() {
    let machine = Machine::new();
    let nothing = JavaEnvironment::default();
    let mut reports = Vec::new();
    let mut report =
        |found: Result<Java, JavaError>| reports.push(machine.report(&found.expect_err("it cannot be used")));
    report(Java::find_in(None, &nothing));
    report(Java::find_in(None, &environment("", machine.root.as_str())));
    report(Java::find_in(Some(&machine.root.join("nowhere")), &nothing));
    report(Java::find_in(None, &environment(machine.root.join("nowhere").as_str(), "/usr/bin")));
    let home = machine.java("no-bit", MUST_NOT_RUN);
    fs::set_permissions(home.join("bin/java"), std::fs::Permissions::from_mode(0o644)).expect("writable");
    report(Java::find_in(Some(&home), &nothing));
    let home = machine.java("alien", "");
    fs::write(home.join("bin/java"), b"\x7fELF of another machine").expect("writable");
    report(Java::find_in(Some(&home), &nothing));
    report(Java::find_in(Some(&machine.java("dies", "echo 'error while loading libjli.so' >&2; exit 127")), &nothing));
    report(Java::find_in(Some(&machine.java("lies", "echo 'hello' >&2")), &nothing));
    insta::assert_snapshot!(reports.join("\n\n"));
}

fn server(product: Product, version: &str) -> Distribution {
    Distribution {
        home: "/opt/server".into(),
        base: "/opt/server".into(),
        product,
        version: version.to_owned(),
        tomcat_version: version.to_owned(),
        namespace: Namespace::Jakarta,
        digest: String::new(),
        chosen: None,
    }
}

#[rstest]
#[case(Product::Tomee, "7.0.1", 7)]
#[case(Product::Tomee, "7.1.0", 8)]
#[case(Product::Tomee, "8.0.13", 8)]
#[case(Product::Tomee, "9.0.0", 11)]
#[case(Product::Tomee, "10.0.0-M1", 17)]
#[case(Product::Tomee, "11.0.0-M1", 17)]
#[case(Product::Tomcat, "8.5.100", 7)]
#[case(Product::Tomcat, "9.0.117", 8)]
#[case(Product::Tomcat, "10.0.27", 8)]
#[case(Product::Tomcat, "10.1.59", 11)]
#[case(Product::Tomcat, "11.0.24", 17)]
#[case(Product::Tomcat, "12.0.0-M1", 21)]
fn a_java_that_is_just_new_enough_is_taken_and_an_older_one_refused(
    #[case] product: Product,
    #[case] version: &str,
    #[case] needed: u32,
) {
    let java =
        |major| Java { home: "/opt/jdk".into(), version: JavaVersion { major, full: major.to_string() }, vendor: None };
    let server = server(product, version);
    java(needed).check_for(&server).expect("new enough");
    java(needed - 1).check_for(&server).expect_err("too old");
}

#[test]
fn too_old_names_server_and_both_versions() {
    let java =
        Java { home: "/opt/jdk8".into(), version: JavaVersion::parse("1.8.0_402").expect("a version"), vendor: None };
    let error = java.check_for(&server(Product::Tomee, "9.0.0")).expect_err("too old");
    assert_eq!(error.to_string(), "TomEE 9.0.0 needs Java 11 or newer, and /opt/jdk8 is Java 1.8.0_402");
}
