//! Bad input and a bad machine, reported by the binary before any server runs: one message, what to do about it, the exit
//! code of the contract, and nothing left. Java, Maven and the server are scripts and a folder of files.

use std::io::{Cursor, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use integration_tests::servers::carriers;
use integration_tests::{Ran, TestContext};
use tomee_harness::host::wait::{self, Look, TimedOut};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// What a refused run leaves may take so long to vanish: its guard ends behind it.
const CLEARED: Duration = Duration::from_secs(10);

/// What a Java says of itself when it is asked for its properties.
const JAVA_17: &str = "echo '    java.version = 17.0.15' >&2; echo \"    java.home = ${0%/bin/java}\" >&2";

/// Copies the archive out of the local repository, as Maven's dependency plugin does.
const MAVEN_COPIES: &str = r#"
for argument in "$@"; do
  case "$argument" in -DoutputDirectory=*) target="${argument#-DoutputDirectory=}" ;; esac
done
target="${target%\$\{settings.localRepository\}}$REPOSITORY"
mkdir -p "$target" && cp "$REPOSITORY/org/apache/tomcat/tomcat/9.0.1/tomcat-9.0.1.zip" "$target"
"#;

/// A machine of a test's own: its PATH has what it is given, and the few tools of every machine.
struct Machine {
    context: TestContext,
    messages: Vec<String>,
}

impl Machine {
    /// A machine with a Java 17 and without Maven.
    fn new() -> Self {
        let machine = Self::bare();
        machine.script("jdk/bin/java", JAVA_17);
        symlink(&machine.path("jdk/bin/java"), &machine.path("bin/java"));
        machine
    }

    /// A machine without Java.
    fn bare() -> Self {
        let machine = Self { context: TestContext::new(), messages: vec![] };
        fs_err::create_dir(machine.path("bin")).expect("the test's own folder");
        for tool in ["cp", "env", "mkdir", "sh", "uname", "dirname", "ls"] {
            let found = std::env::split_paths(&std::env::var_os("PATH").expect("a PATH"))
                .map(|folder| folder.join(tool))
                .find(|path| path.is_file())
                .unwrap_or_else(|| panic!("{tool} is on the PATH"));
            symlink(Utf8Path::from_path(&found).expect("UTF-8"), &machine.path(&format!("bin/{tool}")));
        }
        machine
    }

    fn path(&self, below: &str) -> Utf8PathBuf {
        self.context.folder().join(below)
    }

    fn write(&self, below: &str, content: impl AsRef<[u8]>) -> Utf8PathBuf {
        let path = self.path(below);
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("the test's own folder");
        fs_err::write(&path, content).expect("the test's own folder");
        path
    }

    /// Makes a shell script that can be run. Another process writes it: a descriptor that is open for writing here may
    /// be inherited by a child of another test, and the script is then "busy".
    fn script(&self, below: &str, text: &str) {
        let draft = self.write(&format!("{below}.draft"), format!("#!/bin/sh\n{text}\n"));
        let made = Command::new("install").args(["-m", "755", draft.as_str(), self.path(below).as_str()]).status();
        assert!(made.expect("coreutils are there").success());
    }

    /// A Tomcat's folder: what a server is known by, and this in the place of its start script.
    fn tomcat(&self, below: &str, version: &str, catalina: &str) {
        let info = format!("server.info=Apache Tomcat/{version}\nserver.number={version}.0\n");
        let jar = zip(&[("org/apache/catalina/util/ServerInfo.properties", info.as_bytes())]);
        self.write(&format!("{below}/lib/catalina.jar"), jar);
        self.write(&format!("{below}/bin/bootstrap.jar"), "");
        self.write(&format!("{below}/conf/server.xml"), "<Server/>");
        self.write(&format!("{below}/conf/logging.properties"), "handlers = java.util.logging.ConsoleHandler\n");
        // As large as a real one's.
        self.write(&format!("{below}/conf/web.xml"), format!("<web-app>{}</web-app>", " ".repeat(150_000)));
        self.script(&format!("{below}/bin/catalina.sh"), catalina);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.context.command(arguments);
        command.env("PATH", self.path("bin"));
        command
    }

    /// The binary with limits of the shell's; what a limit would kill gets an error instead.
    fn limited(&self, limit: &str, arguments: &[&str]) -> Command {
        let line = format!("trap '' XFSZ; ulimit {limit}; exec \"$0\" \"$@\"");
        let binary = integration_tests::context::binary();
        let mut command = Command::new("sh");
        command.args(["-c", &line, binary.as_str()]).args(arguments).current_dir(self.context.folder());
        command.env_clear().env("PATH", self.path("bin")).env("HOME", self.path("home")).env("COLUMNS", "100");
        command.stdin(Stdio::null());
        command
    }

    /// Runs to the end: the exit code is this one, there is one error and something to do about it, and nothing is left.
    async fn refuses(&mut self, case: &str, code: i32, command: &mut Command) {
        let ran = Ran::of(command);
        assert_eq!(ran.code, Some(code), "{case}: {ran}");
        assert_eq!(ran.stdout, "", "{case}");
        assert_eq!(ran.stderr.lines().filter(|line| line.starts_with("error:")).count(), 1, "{case}: {ran}");
        let helps = ran.stderr.contains("\nhint: ") || ran.stderr.contains("try '--help'");
        assert!(helps, "{case} says nothing of what to do: {ran}");
        self.left_nothing(case).await;
        self.messages.push(format!("# {case}\n{}", self.context.filtered(&ran.stderr)));
    }

    /// Refuses these arguments of `run`, on processes.
    async fn refuses_run(&mut self, case: &str, code: i32, arguments: &[&str]) {
        let mut command = self.command(&[&["run", "--runtime", "process", "--out", "out"], arguments].concat());
        self.refuses(case, code, &mut command).await;
    }

    /// No process that this machine's PATH was handed down to lives on.
    async fn left_nothing(&self, case: &str) {
        let mark = format!("PATH={}", self.path("bin"));
        let cleared: Result<(), TimedOut> = wait::until("its processes to vanish", CLEARED, async || {
            let left = carriers(&mark);
            Ok(if left.is_empty() { Look::Ready(()) } else { Look::NotYet(left.join(", ")) })
        })
        .await;
        cleared.unwrap_or_else(|error| panic!("{case}: {error}"));
    }

    /// Nothing was made for a run that was refused before it began.
    fn made_no_folder(&self) {
        assert!(!self.path("out").exists(), "a run that was refused has left its folder");
    }

    fn messages(&self) -> String {
        self.messages.join("\n")
    }
}

fn symlink(to: &Utf8Path, at: &Utf8Path) {
    fs_err::os::unix::fs::symlink(to, at).expect("the test's own folder");
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
    for (name, content) in entries {
        // Not compressed, so that a test can find in it what it alters.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(*name, options).expect("an entry");
        zip.write_all(content).expect("memory takes it");
    }
    zip.finish().expect("memory takes it").into_inner()
}

#[tokio::test]
async fn no_java_and_each_java_that_is_of_no_use() {
    let mut machine = Machine::bare();
    machine.tomcat("tomcat", "11.0.24", "exit 1");
    machine.script("jdk8/bin/java", "echo '    java.version = 1.8.0_402' >&2; echo '    java.home = /opt/jdk8' >&2");
    machine.script("dies/bin/java", "echo 'libjli.so: cannot open shared object file' >&2; exit 127");
    machine.write("no-bit/bin/java", "");
    fs_err::create_dir(machine.path("empty")).expect("the test's own folder");
    let arguments = ["--server", "./tomcat"];
    machine.refuses_run("no java", 4, &arguments).await;
    for home in ["jdk8", "dies", "no-bit", "empty", "nowhere"] {
        let home = machine.path(home);
        let all = ["run", "--runtime", "process", "--out", "out", "--server", "./tomcat"];
        let mut command = machine.command(&all);
        command.env("JAVA_HOME", &home);
        machine.refuses(&format!("JAVA_HOME={}", home.file_name().unwrap_or_default()), 4, &mut command).await;
    }
    machine.refuses_run("--java jdk8", 4, &["--server", "./tomcat", "--java", "jdk8"]).await;
    machine.refuses_run("--java nowhere", 4, &["--server", "./tomcat", "--java", "nowhere"]).await;
    machine.made_no_folder();
    insta::assert_snapshot!(machine.messages());
}

#[tokio::test]
async fn each_maven_that_cannot_get_the_server() {
    let mut machine = Machine::new();
    let arguments = ["--server", "tomcat:9.0.1"];
    machine.refuses_run("no Maven", 4, &arguments).await;
    let goal = "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy (default-cli) \
                on project standalone-pom: Unable to find/resolve artifact.";
    let artifact = "org.apache.tomcat:tomcat:zip:9.0.1";
    let central = "central (https://repo.example/maven2)";
    for (case, said) in [
        ("unknown version", format!("{goal} Could not find artifact {artifact} in {central} -> [Help 1]")),
        (
            "no network",
            format!(
                "{goal} Could not transfer artifact {artifact} from/to {central}: transfer failed: Unknown host \
                 repo.example: Name or service not known -> [Help 1]"
            ),
        ),
        (
            "set to work offline",
            format!(
                "{goal} Cannot access {central} in offline mode and the artifact {artifact} has not been downloaded \
                 from it before. -> [Help 1]"
            ),
        ),
        (
            "cut or altered on its way",
            format!(
                "{goal} Could not transfer artifact {artifact} from/to {central}: Checksum validation failed, expected \
                 0123 but is 4567 -> [Help 1]"
            ),
        ),
    ] {
        machine.script("bin/mvn", &format!("echo '[INFO] Scanning for projects...'\necho '{said}'\nexit 1"));
        machine.refuses_run(case, 4, &arguments).await;
    }
    machine.script("bin/mvn", "echo 'The JAVA_HOME environment variable is not defined correctly' >&2; exit 1");
    machine.refuses_run("finds no Java", 4, &arguments).await;
    machine.script("bin/mvn", "exit 0");
    machine.refuses_run("copies nothing", 4, &arguments).await;
    machine.made_no_folder();
    insta::assert_snapshot!(machine.messages());
}

#[tokio::test]
async fn each_archive_that_is_not_whole() {
    let mut machine = Machine::new();
    let text = "a page of the server";
    let whole = zip(&[
        ("apache-tomcat-9.0.1/bin/bootstrap.jar", b"jar".as_slice()),
        ("apache-tomcat-9.0.1/conf/server.xml", b"<Server/>"),
        ("apache-tomcat-9.0.1/webapps/ROOT/index.jsp", text.as_bytes()),
    ]);
    let mut flipped = whole.clone();
    let page = whole.windows(text.len()).position(|bytes| bytes == text.as_bytes()).expect("it is in it as it is");
    flipped[page] ^= 0xff;
    let repository = machine.path("repository");
    let archive = "repository/org/apache/tomcat/tomcat/9.0.1/tomcat-9.0.1.zip";
    machine.script("bin/mvn", &format!("REPOSITORY='{repository}'\n{MAVEN_COPIES}"));
    for (case, content) in [
        ("truncated", &whole[..whole.len() / 2]),
        ("empty", b""),
        ("the page of a proxy", b"<html>log in first</html>"),
        ("tampered with", &flipped),
    ] {
        machine.write(archive, content);
        machine.refuses_run(case, 4, &["--server", "tomcat:9.0.1"]).await;
    }
    machine.write(archive, &whole);
    machine.write(&format!("{archive}.sha1"), "0123456789012345678901234567890123456789");
    machine.refuses_run("whole, and not what its checksum says", 4, &["--server", "tomcat:9.0.1"]).await;
    machine.made_no_folder();
    insta::assert_snapshot!(machine.messages());
}

#[tokio::test]
async fn each_folder_that_is_no_tomcat() {
    let mut machine = Machine::new();
    fs_err::create_dir(machine.path("empty")).expect("the test's own folder");
    machine.write("file", "");
    machine.tomcat("no-jar", "9.0.1", "exit 1");
    fs_err::remove_file(machine.path("no-jar/lib/catalina.jar")).expect("it is there");
    machine.tomcat("strange", "9.0.1", "exit 1");
    machine.write("strange/lib/catalina.jar", "no archive");
    for folder in ["./nowhere", "./empty", "./file", "./no-jar", "./strange"] {
        machine.refuses_run(&format!("--server {folder}"), 4, &["--server", folder]).await;
    }
    machine.made_no_folder();
    insta::assert_snapshot!(machine.messages());
}

#[tokio::test]
async fn each_war_that_no_server_could_deploy() {
    // Without Java and Maven: a bad file is refused before anything is looked for.
    let mut machine = Machine::bare();
    let whole = zip(&[("index.jsp", b"hello".as_slice()), ("WEB-INF/web.xml", b"<web-app/>")]);
    machine.write("text.war", "no archive");
    machine.write("empty.war", "");
    machine.write("truncated.war", &whole[..whole.len() / 2]);
    machine.write("nothing-in-it.war", zip(&[]));
    machine.write("descriptor.war", zip(&[("WEB-INF/web.xml", b"<web-app>".as_slice())]));
    machine.write("escapes.war", zip(&[("../../evil.jsp", b"".as_slice())]));
    machine.write("app.zip", &whole);
    fs_err::create_dir(machine.path("folder.war")).expect("the test's own folder");
    for name in ["nowhere", "text", "empty", "truncated", "nothing-in-it", "descriptor", "escapes", "folder"] {
        let war = format!("{name}.war");
        machine.refuses_run(&format!("--war {war}"), 2, &["--war", &war]).await;
    }
    machine.made_no_folder();
    insta::assert_snapshot!(machine.messages());
}

#[tokio::test]
async fn a_number_out_of_range_and_flags_that_exclude_each_other() {
    let mut machine = Machine::bare();
    machine.write("one.jar", zip(&[]));
    for arguments in [
        &["run", "--nodes", "0"][..],
        &["run", "--nodes", "1"],
        &["run", "--nodes", "9"],
        &["run", "--nodes", "many"],
        &["run", "--repeat", "0"],
        &["run", "--json", "--format", "text"],
        &["run", "--runtime", "docker", "--java", "/opt/jdk"],
        &["run", "--lib", "one.jar", "--lib", "other.jar"],
        &["sweep", "--all", "--run", "20260101-000000-0000"],
    ] {
        let mut command = machine.command(arguments);
        machine.refuses(&arguments.join(" "), 2, &mut command).await;
    }
    let mut command = machine.command(&["run"]);
    command.env("TOMEE_HARNESS_NODES", "9");
    machine.refuses("TOMEE_HARNESS_NODES=9", 2, &mut command).await;
    insta::assert_snapshot!(machine.messages());
}

#[tokio::test]
async fn each_run_directory_that_cannot_be_used() {
    let mut machine = Machine::new();
    machine.tomcat("tomcat", "11.0.24", "exit 1");
    machine.write("file", "");
    fs_err::create_dir(machine.path("there")).expect("the test's own folder");
    for (out, code) in [("there", 2), ("file/run", 4), ("/proc/run", 4)] {
        let arguments = ["run", "--runtime", "process", "--server", "./tomcat", "--out", out];
        let mut command = machine.command(&arguments);
        machine.refuses(&format!("--out {out}"), code, &mut command).await;
    }
    insta::assert_snapshot!(machine.messages());
}

/// A limit on the size of files is the full disk that needs no rights: the same calls fail, with an error of their own.
#[tokio::test]
async fn no_space_in_the_run_directory() {
    let mut machine = Machine::new();
    machine.tomcat("tomcat", "11.0.24", "exit 1");
    for (case, blocks) in [("none for the plan", 2), ("none for the files of a node", 100)] {
        let out = format!("out-{blocks}");
        let arguments = ["run", "--runtime", "process", "--server", "./tomcat", "--out", &out];
        let mut command = machine.limited(&format!("-f {blocks}"), &arguments);
        machine.refuses(case, 4, &mut command).await;
    }
    // Whichever node is laid first.
    insta::assert_snapshot!(machine.messages().replace("n2", "n1"));
}

#[tokio::test]
async fn no_engine_for_containers() {
    let mut machine = Machine::new();
    machine.tomcat("tomcat", "11.0.24", "exit 1");
    machine.write("no-socket", "");
    for host in ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:1", "nonsense"] {
        let arguments = ["run", "--runtime", "docker", "--server", "./tomcat", "--out", "out"];
        let mut command = machine.command(&arguments);
        command.env("DOCKER_HOST", host);
        machine.refuses(&format!("DOCKER_HOST={host}"), 4, &mut command).await;
    }
    machine.made_no_folder();
    insta::assert_snapshot!(machine.messages());
}

/// The kernel ends a process by signal 9 when memory runs out; nobody else here sends it to a node that starts.
#[tokio::test]
async fn a_server_that_is_killed_or_ends_while_it_starts() {
    let mut machine = Machine::new();
    machine.tomcat("killed", "11.0.24", "echo 'the last words of a server'; kill -9 $$");
    machine.tomcat("ends", "11.0.24", "echo \"Unrecognized VM option 'NoSuchFlag'\" >&2; exit 1");
    for server in ["killed", "ends"] {
        let out = format!("out-{server}");
        let arguments = ["run", "--quiet", "--runtime", "process", "--server", &format!("./{server}"), "--out", &out];
        let mut command = machine.command(&arguments);
        machine.refuses(server, 4, &mut command).await;
    }
    // Whichever node is looked at first.
    insta::assert_snapshot!(machine.messages().replace("n2", "n1"));
}
