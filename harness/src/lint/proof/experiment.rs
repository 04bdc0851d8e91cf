//! Two runs that show a rule: what each is made of.

use std::collections::BTreeMap;

use super::{render, steps};

/// How a rule is shown to be right.
#[derive(Debug)]
pub enum Proof {
    /// By two runs.
    Runs(Experiment),
    /// Not on one machine; why.
    None(&'static str),
}

/// The server that both sides run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofServer {
    /// A Tomcat of this version.
    Tomcat(&'static str),
    /// A `TomEE` of this version.
    Tomee(&'static str),
    /// A Tomcat whose bad side lacks jars with this name.
    TomcatLacking(&'static str, &'static str),
}

/// Parts of a side by name: see [`Experiment::files`].
pub type Parts = &'static [(&'static str, &'static str)];

/// Two runs: the fault, and the remedy.
#[derive(Debug)]
pub struct Experiment {
    /// The server of both.
    pub server: ProofServer,
    /// The steps of both, as in a scenario's file.
    pub steps: &'static str,
    /// The steps of the bad side, where they are others.
    pub bad_steps: Option<&'static str>,
    /// Which violations show the fault, each by itself. Where none is named, any shows it.
    pub shows: &'static [&'static str],
    /// What both sides have otherwise than the plain cluster.
    pub both: Parts,
    /// What the bad side has otherwise.
    pub bad: Parts,
    /// What the good side has otherwise.
    pub good: Parts,
    /// Whether the rule finds the fault in these files: it does not where the fault is in an app that is compiled for the run.
    pub is_linted: bool,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// With the fault.
    Bad,
    /// With the remedy.
    Good,
}

/// The nodes of every proof.
pub const NODES: [&str; 2] = ["n1", "n2"];

impl Experiment {
    /// A plain failover on Tomcat 10.1.
    pub(super) const PLAIN: Self = Self {
        server: ProofServer::Tomcat("10.1.59"),
        steps: steps::FAILOVER,
        bad_steps: None,
        shows: &[],
        both: &[],
        bad: &[],
        good: &[],
        is_linted: true,
    };

    /// The files of a node by path below its base, with `@…@` for what is not known before the run.
    pub fn files(&self, half: Half, node: &str) -> BTreeMap<String, String> {
        render::files(&self.parts(half, node), node)
    }

    /// The app that is built for it: its files by path. A jar in `WEB-INF/lib` is its web-fragment.xml.
    pub fn app(&self, half: Half) -> BTreeMap<&'static str, Vec<u8>> {
        let parts = self.parts(half, NODES[0]).into_iter();
        let of_app = parts.filter_map(|(name, text)| Some((name.strip_prefix("app ")?, text)));
        of_app.map(|(path, text)| (path, if path.ends_with(".class") { unhex(text) } else { text.into() })).collect()
    }

    /// Folders that the nodes of a side lack though its server.xml names them.
    pub fn lacks(&self, half: Half) -> Vec<&'static str> {
        let parts = self.parts(half, NODES[0]);
        parts.into_keys().filter_map(|name| name.strip_prefix("lacks ")).collect()
    }

    /// What is done.
    pub fn scenario(&self, half: Half) -> &'static str {
        self.bad_steps.filter(|_| half == Half::Bad).unwrap_or(self.steps)
    }

    fn parts(&self, half: Half, node: &str) -> BTreeMap<&'static str, &'static str> {
        let own = if half == Half::Bad { self.bad } else { self.good };
        let of_all =
            self.both.iter().chain(own).filter(|(name, _)| !name.starts_with("n1 ") && !name.starts_with("n2 "));
        let mut parts: BTreeMap<&str, &str> = of_all.copied().collect();
        for (name, text) in self.both.iter().chain(own) {
            if let Some(name) = name.strip_prefix(node).and_then(|rest| rest.strip_prefix(' ')) {
                parts.insert(name, text);
            }
        }
        parts
    }
}

/// The bytes of a class file, which is written down in hexadecimal digits.
fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter_map(|digit| char::from(digit).to_digit(16)?.try_into().ok()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
