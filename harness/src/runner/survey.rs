//! What an app says when it is asked once: where its session cookie goes, which pages answer, and which forms they have. Of
//! that comes a scenario to begin with.

use std::time::Duration;

use crate::cluster::client::Answer;
use crate::cluster::client::forms::{Form, forms};
use crate::cluster::{Cluster, ClusterError};
use crate::history::SessionCookieState;
use crate::model::{ContextPath, Exchange, Millis};

/// What was seen of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Where it is served.
    pub context: ContextPath,
    /// Its session cookie, as the server has it.
    pub cookie: Option<SessionCookieState>,
    /// Why its sessions stay on their node, where they do.
    pub local_because: Option<String>,
    /// The pages that were asked.
    pages: Vec<Page>,
}

/// A page that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Page {
    asked: String,
    /// Where the redirects led.
    ended: String,
    status: Option<u16>,
    forms: Vec<Form>,
    /// How the page writes that a field is for a password, where it has one.
    password: Option<&'static str>,
}

/// What else is known of the app, beside what it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'a> {
    /// The path of its archive.
    pub war: &'a str,
    /// The server that was asked.
    pub server: &'a str,
    /// How long it took until every node served it.
    pub took: Duration,
    /// How long that may take, where it was said.
    pub within: Option<Millis>,
    /// That the server has the other servlet API than the app is written for, in words.
    pub foreign: Option<String>,
}

/// An app that took longer is given more time than others.
const SLOW: Duration = Duration::from_secs(20);

/// What a step says of a login by HTTP.
const BY_HTTP: &str = "each step of it needs headers = { Authorization = \"Basic …\" }, with NAME:PASSWORD in Base64";

/// How pages write that a field is for a password.
const PASSWORD: [&str; 3] = ["type=\"password\"", "type='password'", "type=password"];

/// Asks an app that is served on all nodes for these paths, once each.
///
/// # Errors
/// There is no node, or no client can be made.
pub async fn survey(cluster: &Cluster, context: &ContextPath, paths: &[String]) -> Result<Survey, ClusterError> {
    let (client, node) = (cluster.client("alice")?, cluster.topology().watcher().clone());
    let mut pages = vec![];
    for path in paths {
        let answer = client.exchange(&node, &Exchange { follow: true, ..Exchange::get(path) }).await?;
        pages.push(Page::of(path, &answer));
    }
    let seen = cluster.observe(context).await?;
    let state = seen.iter().find_map(|seen| seen.state()?.context(context, ""));
    let local_because = state.and_then(|state| state.local_because.clone());
    Ok(Survey { context: context.clone(), cookie: state.and_then(|state| state.cookie.clone()), local_because, pages })
}

impl Page {
    fn of(path: &str, answer: &Answer) -> Self {
        let is_html = answer.header("content-type").is_some_and(|kind| kind.contains("html"));
        let forms = if is_html { forms(&answer.body) } else { vec![] };
        let asks = forms.iter().flat_map(|form| &form.fields).any(|field| field.kind == "password");
        let password = PASSWORD.into_iter().find(|written| asks && answer.body.contains(written));
        Self { asked: path.to_owned(), ended: answer.asked.path.clone(), status: answer.status(), forms, password }
    }
}

/// A text of TOML.
fn text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl Found<'_> {
    /// How long the app may take, where a minute may be too short.
    fn time(&self) -> Vec<String> {
        let took = self.took.as_secs();
        let within = match self.within {
            Some(within) => within,
            None if self.took < SLOW => return vec!["# A slow app needs longer: within = \"3m\"".to_owned()],
            None => Millis((3 * took).div_ceil(60) * 60_000),
        };
        vec![
            format!("# It took {took} s until every node served it."),
            format!("within = {}", text(&within.to_string())),
        ]
    }
}

impl Survey {
    /// Whether any page was answered other than by an error.
    pub fn is_answered(&self) -> bool {
        self.pages.iter().any(|page| page.status.is_some_and(|status| status < 400))
    }

    /// That a page wants a login, and what is to be done for it.
    pub fn wants_login(&self) -> Option<String> {
        self.pages.iter().find_map(|page| {
            let led = if page.ended == page.asked { String::new() } else { format!(" leads to {}, which", page.ended) };
            let asked = format!("{}{led}", page.asked);
            if page.password.is_some() {
                Some(format!("{asked} asks for a login: say in the step `submit` whom the app knows"))
            } else if page.status == Some(401) {
                Some(format!("{asked} asks for a login by HTTP: {BY_HTTP}"))
            } else {
                None
            }
        })
    }

    /// A commented scenario of the app.
    pub fn scenario(&self, found: &Found<'_>) -> String {
        let Found { war, server, .. } = found;
        let mut lines = vec![
            format!(
                "# A failover test of {war}, made by asking the app once. `tomee-harness explain FILE` describes what it"
            ),
            "# does; `run FILE` runs it on real servers. All keys are in scenarios/README.md.".to_owned(),
            "#".to_owned(),
            format!("# It is served at {}.", self.context),
        ];
        if let Some(cookie) = &self.cookie {
            lines.push(format!("# Its session cookie is {}, for the path {}.", cookie.name, cookie.path));
        }
        if let Some(why) = &self.local_because {
            lines.push(format!("# Its sessions are NOT replicated: {why}."));
        }
        lines.extend(found.foreign.iter().map(|why| format!("# {why}.")));
        let name = format!("the sessions of {} survive the kill of their node", self.context);
        lines.extend([String::new(), format!("name = {}", text(&name)), String::new(), "[cluster]".to_owned()]);
        lines.extend([format!("server = {}", text(server)), String::new(), "[[step]]".to_owned()]);
        lines.extend([format!("deploy = {}", text(war)), format!("at = {}", text(self.context.as_str()))]);
        lines.extend(found.time());
        let mut logged_in = false;
        for page in &self.pages {
            lines.extend(page.lines(&mut logged_in));
        }
        lines.extend(
            ["", "# Each page twice: what it says both times is compared behind the fault."].map(str::to_owned),
        );
        for page in &self.pages {
            lines.extend(page.asked_again("sticky", &["times = 2"]));
        }
        lines.extend(["[[step]]", "kill = \"n1\"", ""].map(str::to_owned));
        for page in &self.pages {
            lines.extend(page.asked_again("n2", &[]));
        }
        lines.pop();
        lines.join("\n") + "\n"
    }
}

impl Page {
    /// The step that asks it behind a login, where the page of the login is not to come again.
    fn asked_again(&self, on: &str, more: &[&str]) -> Vec<String> {
        let mut lines =
            vec!["[[step]]".to_owned(), format!("get = {}", text(&self.asked)), format!("on = {}", text(on))];
        lines.extend(["clients = 2", "follow = true"].iter().chain(more).map(|line| (*line).to_owned()));
        lines.extend(self.password.map(|mark| format!("expect = {{ no-body = {} }}", text(mark))));
        lines.push(String::new());
        lines
    }

    fn lines(&self, logged_in: &mut bool) -> Vec<String> {
        let status =
            self.status.map_or_else(|| "not answered".to_owned(), |status| format!("answered with HTTP {status}"));
        let led = if self.ended == self.asked { String::new() } else { format!(" led to {} and", self.ended) };
        let mut lines = vec![String::new(), format!("# GET {}{led} was {status}.", self.asked)];
        if self.status == Some(401) {
            lines.push(format!("# It asks for a login by HTTP: {BY_HTTP}."));
        }
        lines.extend(["[[step]]".to_owned(), format!("get = {}", text(&self.asked))]);
        lines.extend(["on = \"sticky\"", "clients = 2"].map(str::to_owned));
        if self.ended != self.asked {
            lines.push("follow = true".to_owned());
        }
        for form in &self.forms {
            let is_login = form.fields.iter().any(|field| field.kind == "password");
            if is_login && *logged_in {
                continue;
            }
            *logged_in |= is_login;
            lines.push(String::new());
            lines.extend(submit(form, is_login));
        }
        lines
    }
}

/// The step that sends a form, behind `# ` where it is not clear what it does.
fn submit(form: &Form, is_login: bool) -> Vec<String> {
    let typed = form.fields.iter().filter(|field| {
        !matches!(
            field.kind.as_str(),
            "hidden" | "submit" | "image" | "button" | "reset" | "checkbox" | "radio" | "select"
        )
    });
    let value = |kind: &str| if kind == "password" { "\"PASSWORD\"" } else { "\"alice\"" };
    let value = |kind: &str| if is_login { value(kind) } else { "\"a text\"" };
    let fields: Vec<String> = typed
        .map(|field| {
            let bare = field.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            let key = if bare { field.name.clone() } else { text(&field.name) };
            format!("{key} = {}", value(&field.kind))
        })
        .collect();
    let hidden: Vec<&str> =
        form.fields.iter().filter(|field| field.kind == "hidden").map(|field| field.name.as_str()).collect();
    let mut said = vec![];
    if is_login {
        said.push("# A login: say whom the app knows. The hidden fields are sent as the page has them.".to_owned());
    } else {
        said.push("# A form of this page. Take the signs away to send it.".to_owned());
    }
    if !hidden.is_empty() {
        said.push(format!("# Hidden fields: {}", hidden.join(", ")));
    }
    let step = ["[[step]]".to_owned(), format!("submit = {}", text(&form.selector())), "on = \"sticky\"".to_owned()];
    let rest = ["clients = 2".to_owned(), format!("form = {{ {} }}", fields.join(", ")), "follow = true".to_owned()];
    let sign = if is_login { "" } else { "# " };
    said.extend(step.into_iter().chain(rest).map(|line| format!("{sign}{line}")));
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Scenario;

    #[test]
    fn what_an_app_says_becomes_a_scenario() {
        let html = "<form action='/shop/login' method='post'><input name='user'><input name='j:pass' type='password'>\
                    <input type='hidden' name='_csrf' value='1'></form><form id='find'><input name='q'></form>";
        let page = |asked: &str, ended: &str, status, html: &str| Page {
            asked: asked.to_owned(),
            ended: ended.to_owned(),
            status,
            forms: forms(html),
            password: (!html.is_empty()).then_some(PASSWORD[1]),
        };
        let survey = Survey {
            context: ContextPath::new("/shop").expect("a context"),
            cookie: Some(SessionCookieState { name: "SHOPID".to_owned(), path: "/".to_owned() }),
            local_because: None,
            pages: vec![
                page("/shop/", "/shop/login", Some(200), html),
                page("/shop/cart", "/shop/login", Some(200), html),
                page("/shop/about", "/shop/about", None, ""),
            ],
        };
        let found = Found {
            war: "target/shop.war",
            server: "tomcat:10.1.59",
            took: Duration::from_secs(3),
            within: None,
            foreign: None,
        };
        let text = survey.scenario(&found);
        insta::assert_snapshot!(text);
        Scenario::parse(text.as_bytes()).expect("a scenario");
        let local = Survey { local_because: Some("no <distributable/>".to_owned()), ..survey };
        let text = local.scenario(&found);
        assert!(text.contains("# Its sessions are NOT replicated: no <distributable/>."), "{text}");
        let within = |took, within| {
            let text = local.scenario(&Found { took: Duration::from_secs(took), within, ..found.clone() });
            Scenario::parse(text.as_bytes()).expect("a scenario");
            text.lines().find(|line| line.starts_with("within")).map(str::to_owned)
        };
        let login = local.wants_login().expect("it has a login");
        assert!(login.starts_with("/shop/ leads to /shop/login, which asks for a login"), "{login}");
        let refused = Survey { pages: vec![page("/shop/", "/shop/", Some(401), "")], ..local.clone() };
        assert!(refused.wants_login().is_some_and(|login| login.contains("Authorization = \"Basic")));
        let basic = refused.scenario(&found);
        assert!(basic.contains("\n# It asks for a login by HTTP: each step"), "{basic}");
        let open = Survey { pages: vec![page("/shop/", "/shop/", Some(200), "")], ..local.clone() };
        assert_eq!(open.wants_login(), None);
        assert_eq!(within(3, None), None);
        assert_eq!(within(70, None).as_deref(), Some("within = \"4m\""));
        assert_eq!(within(3, Some(Millis(90_000))).as_deref(), Some("within = \"90s\""));
        let foreign = local.scenario(&Found { foreign: Some("it is written for javax".to_owned()), ..found });
        assert!(foreign.contains("\n# it is written for javax.\n"), "{foreign}");
    }
}
