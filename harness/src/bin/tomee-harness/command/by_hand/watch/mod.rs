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
use nix::sys::signal::Signal;
use serde_json::{Map, Value};
use tomee_harness::keeper::{Ask, Client, ClusterView, LogEntry};
use tomee_harness::runner::StepDone;

use self::app::{Action, App};
use super::ask::{call, client_of, seconds, told};
use super::live::{Live, Row, Traffic};
use super::look::Look;
use crate::args::{NameArgs, OutputArgs};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::signals;

/// How long a key is waited for before the screen is drawn again.
const TICK: Duration = Duration::from_millis(20);
/// How often history and logs are read on.
const READ_EVERY: Duration = Duration::from_millis(30);
/// From the answer of the keeper to the next question, where something happened meanwhile and where nothing did.
const SOON: Duration = Duration::from_millis(100);
const LATER: Duration = Duration::from_millis(500);

/// What comes from those that wait for something.
enum News {
    Look(Box<Look>),
    Read(Vec<Row>, Vec<LogEntry>, Traffic),
    Step(String, bool),
    Signal(Signal),
    Panicked,
}

/// Says that its thread has panicked. A hook has put the terminal into order then, and nothing more may be drawn.
struct Witness(Sender<News>);

impl Drop for Witness {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.0.send(News::Panicked);
        }
    }
}

pub(crate) fn watch(args: &NameArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    if !std::io::stdout().is_terminal() {
        let hint = "`tomee-harness status` and `logs --follow` write to a pipe".to_owned();
        return Err(Failure::usage("watch needs a terminal").hint(Some(hint)));
    }
    let client = client_of(args)?;
    call::<ClusterView>(&client, &Ask::Status, output)?;
    let (tell, news) = mpsc::channel();
    let looks = asker(tell.clone(), client.clone(), |client, ()| News::Look(Box::new(Look::of(client))));
    let steps = asker(tell.clone(), client.clone(), |client, step: Map<String, Value>| done(client, step));
    read_on(tell.clone(), client);
    listen(tell)?;
    // The terminal is put back into order by `restore`, and by a hook where a thread panics.
    let mut terminal = ratatui::try_init().map_err(Failure::environment)?;
    let ran = run(&mut terminal, &looks, &steps, &news);
    ratatui::restore();
    ran
}

/// A thread that asks the keeper, which may take its time, whenever it is told to.
fn asker<T: Send + 'static>(
    tell: Sender<News>,
    client: Client,
    ask: impl Fn(&Client, T) -> News + Send + 'static,
) -> Sender<T> {
    let (wanted, wants) = mpsc::channel();
    thread::spawn(move || {
        let _witness = Witness(tell.clone());
        for want in wants {
            if tell.send(ask(&client, want)).is_err() {
                return;
            }
        }
    });
    wanted
}

/// A thread that reads history and logs.
fn read_on(tell: Sender<News>, client: Client) {
    thread::spawn(move || {
        let _witness = Witness(tell.clone());
        let mut live = Live::of(client);
        loop {
            let (rows, logs) = (live.rows(), live.logs());
            let nothing = rows.is_empty() && logs.is_empty();
            if !nothing && tell.send(News::Read(rows, logs, live.traffic())).is_err() {
                return;
            }
            thread::park_timeout(READ_EVERY);
        }
    });
}

/// Puts the terminal into order where nothing else is going to.
fn leave() {
    ratatui::restore();
    // It is hidden for as long as the dashboard is there.
    let _ = crossterm::execute!(std::io::stdout(), crossterm::cursor::Show);
}

/// A thread that hears signals, so that the terminal is left in order. It does so when this returns.
fn listen(tell: Sender<News>) -> Result<(), Failure> {
    let (ready, is_ready) = mpsc::channel();
    thread::spawn(move || {
        block_on(async {
            let signals = match signals::listen_with(leave) {
                Ok(signals) => signals,
                Err(error) => return ready.send(Err(error)).map_err(Failure::environment),
            };
            ready.send(Ok(())).map_err(Failure::environment)?;
            signals.token().cancelled().await;
            // Nobody hears it where the dashboard is gone already.
            let _ = tell.send(News::Signal(signals.first().unwrap_or(Signal::SIGTERM)));
            std::future::pending::<Result<(), Failure>>().await
        })
    });
    is_ready.recv().map_err(Failure::environment)?.map_err(Failure::environment)
}

fn done(client: &Client, step: Map<String, Value>) -> News {
    let done = client.call(&Ask::Step(step), |_| {});
    match done.map(serde_json::from_value::<StepDone>) {
        Ok(Ok(done)) => {
            let proof = done.proof.iter().map(|line| format!("; {line}")).collect::<String>();
            News::Step(format!("{} ({}){proof}", done.title, seconds(done.took_ms)), false)
        }
        Ok(Err(error)) => News::Step(error.to_string(), true),
        Err(error) => News::Step(told(&error), true),
    }
}

fn run(
    terminal: &mut ratatui::DefaultTerminal,
    looks: &Sender<()>,
    steps: &Sender<Map<String, Value>>,
    news: &Receiver<News>,
) -> Result<Exit, Failure> {
    let mut app = App::new();
    // One question at a time: the next one is asked some time after that is answered.
    let (mut answered, mut moved, mut drawn) = (Some(Instant::now()), true, false);
    loop {
        let due = |answered: Instant| answered.elapsed() >= if moved { SOON } else { LATER };
        if !app.look.over && answered.is_some_and(due) && looks.send(()).is_ok() {
            (answered, moved) = (None, false);
        }
        for news in news.try_iter() {
            drawn = false;
            match news {
                News::Look(look) => {
                    answered = Some(Instant::now());
                    app.see(*look);
                }
                News::Read(rows, logs, traffic) => {
                    moved = true;
                    app.hear(rows, logs, traffic);
                }
                News::Step(said, bad) => (app.said, moved) = ((said, bad), true),
                News::Signal(signal) => return Ok(signals::exit(signal)),
                News::Panicked => {
                    ratatui::restore();
                    std::panic::resume_unwind(Box::new("a thread of the dashboard panicked"));
                }
            }
        }
        if !drawn {
            terminal.draw(|frame| draw::draw(frame, &app)).map_err(Failure::environment)?;
            drawn = true;
        }
        if !event::poll(TICK).map_err(Failure::environment)? {
            continue;
        }
        drawn = false;
        let Event::Key(key) = event::read().map_err(Failure::environment)? else { continue };
        if key.kind != KeyEventKind::Press {
            continue;
        }
        match app.press(key) {
            Action::Nothing => {}
            Action::Quit => return Ok(Exit::Holds),
            Action::Step(step) => steps.send(step).map_err(Failure::environment)?,
        }
    }
}
