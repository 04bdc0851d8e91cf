//! `watch`: a lab as a dashboard in the terminal.

mod app;
mod draw;

#[cfg(test)]
mod tests;

use std::io::IsTerminal as _;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyEventKind};
use serde_json::{Map, Value};
use tomee_harness::keeper::{Ask, Client};
use tomee_harness::runner::StepDone;

use self::app::{Action, App};
use super::ask::{chain, client_of, seconds, table};
use super::live::{Live, Look};
use crate::args::NameArgs;
use crate::exit::{Exit, Failure};

/// How long a key is waited for before the files are read again.
const TICK: Duration = Duration::from_millis(100);
/// From one question to the keeper to the next.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What comes from those that ask the keeper.
enum News {
    Look(Box<Look>),
    Step(String, bool),
}

pub(crate) fn watch(args: &NameArgs) -> Result<Exit, Failure> {
    if !std::io::stdout().is_terminal() {
        let hint = "`tomee-harness status` and `logs --follow` write to a pipe".to_owned();
        return Err(Failure::usage("watch needs a terminal").hint(Some(hint)));
    }
    let client = client_of(args)?;
    let (tell, news) = mpsc::channel();
    let looks = asker(tell.clone(), client.clone(), |client, ()| Some(News::Look(Box::new(Look::of(client)))));
    let steps = asker(tell, client.clone(), |client, step: Map<String, Value>| Some(done(client, step)));
    // The terminal is put back into order by `restore`, and by a hook where this panics.
    let mut terminal = ratatui::try_init().map_err(Failure::environment)?;
    let ran = run(&mut terminal, Live::of(client), &looks, &steps, &news);
    ratatui::restore();
    ran.map(|()| Exit::Holds)
}

/// A thread that asks the keeper, which may take its time, whenever it is told to.
fn asker<T: Send + 'static>(
    tell: Sender<News>,
    client: Client,
    ask: impl Fn(&Client, T) -> Option<News> + Send + 'static,
) -> Sender<T> {
    let (wanted, wants) = mpsc::channel();
    thread::spawn(move || {
        for want in wants {
            if ask(&client, want).is_some_and(|news| tell.send(news).is_err()) {
                return;
            }
        }
    });
    wanted
}

fn done(client: &Client, step: Map<String, Value>) -> News {
    let done = client.call(&Ask::Step(step), |_| {});
    match done.map(serde_json::from_value::<StepDone>) {
        Ok(Ok(done)) => {
            let proof = done.proof.iter().map(|line| format!("; {line}")).collect::<String>();
            News::Step(format!("{} ({}){proof}", done.title, seconds(done.took_ms)), false)
        }
        Ok(Err(error)) => News::Step(error.to_string(), true),
        Err(error) => {
            let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            News::Step(format!("{}{hint}", chain(&error)), true)
        }
    }
}

fn run(
    terminal: &mut ratatui::DefaultTerminal,
    mut live: Live,
    looks: &Sender<()>,
    steps: &Sender<Map<String, Value>>,
    news: &Receiver<News>,
) -> Result<(), Failure> {
    let mut app = App::new();
    // One question at a time: the next one is asked when that is answered.
    let (mut asked, mut answered) = (None::<Instant>, true);
    loop {
        if answered && asked.is_none_or(|asked| asked.elapsed() >= LOOK_EVERY) && looks.send(()).is_ok() {
            (asked, answered) = (Some(Instant::now()), false);
        }
        for news in news.try_iter() {
            match news {
                News::Look(look) => {
                    answered = true;
                    app.see(*look);
                }
                News::Step(said, bad) => app.said = (said, bad),
            }
        }
        let (rows, logs) = (live.rows(), live.logs());
        app.hear(rows, logs, live.traffic());
        terminal.draw(|frame| draw::draw(frame, &app)).map_err(Failure::environment)?;
        if !event::poll(TICK).map_err(Failure::environment)? {
            continue;
        }
        let Event::Key(key) = event::read().map_err(Failure::environment)? else { continue };
        if key.kind != KeyEventKind::Press {
            continue;
        }
        match app.press(key) {
            Action::Nothing => {}
            Action::Quit => return Ok(()),
            Action::Step(verb, node) => {
                let step = table([(verb, Some(node.to_string().into()))]);
                steps.send(step).map_err(Failure::environment)?;
            }
        }
    }
}
