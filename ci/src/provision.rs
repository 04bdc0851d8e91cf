//! Makes a bare Debian machine ready for the tests that need containers or a browser, and says what it does before
//! doing it.
//!
//! [`provision`] installs and starts a container engine where none answers, makes the two base images without a
//! registry, and installs Chromium with its driver, a Java compiler and HAProxy where they are not there. What is there
//! already is left alone, so a second call takes a second.

pub(crate) mod apps;
mod browser;
mod compiler;
mod engine;
mod front;
mod images;
pub(crate) mod nextest;

use std::time::{Duration, Instant};

use miette::Result;

/// What a provisioning found and did.
#[derive(Debug)]
pub(crate) struct Provisioned {
    /// The version of the engine that answers.
    pub(crate) engine: String,
    /// Each part that had to be done, with the time it took.
    pub(crate) done: Vec<(&'static str, Duration)>,
}

/// Makes the machine ready. `say` gets each step before it is taken.
///
/// # Errors
/// No engine answers and this is not root on Debian, or a step failed: the error has its command's last words.
pub(crate) fn provision(say: &mut dyn FnMut(&str)) -> Result<Provisioned> {
    let mut done = Vec::new();
    let mut timed = |part: &'static str, say: &mut dyn FnMut(&str), step: Step| {
        let start = Instant::now();
        if step(say)? {
            done.push((part, start.elapsed()));
        }
        Ok::<_, miette::Report>(())
    };
    timed("packages", say, engine::install)?;
    timed("browser", say, browser::install)?;
    timed("compiler", say, compiler::install)?;
    timed("balancer", say, front::install)?;
    timed("engine", say, engine::start)?;
    timed("base images", say, images::make)?;
    Ok(Provisioned { engine: engine::version().unwrap_or_default(), done })
}

/// Says what it does, does it, and returns whether there was anything to do.
type Step = fn(&mut dyn FnMut(&str)) -> Result<bool>;
