//! Which of the changes takes effect, chosen when the program runs.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

include!("how_many.rs");

const UNREAD: u32 = u32::MAX;
const RECORD: u32 = u32::MAX - 1;

static ACTIVE: AtomicU32 = AtomicU32::new(UNREAD);
static REACHED: [AtomicBool; HOW_MANY] = [const { AtomicBool::new(false) }; HOW_MANY];

thread_local! {
    /// How many places may still be passed: a change can make a loop endless.
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Whether this change takes effect.
#[inline]
pub fn is(number: u32) -> bool {
    let active = ACTIVE.load(Relaxed);
    if active >= RECORD {
        return seldom(number, active);
    }
    LEFT.with(|left| match left.get() {
        0 => panic!("this takes for ever"),
        some => left.set(some - 1),
    });
    active == number
}

#[cold]
fn seldom(number: u32, active: u32) -> bool {
    if active == UNREAD {
        match std::env::var("MUTANT") {
            Ok(number) => ACTIVE.store(number.parse().expect("a number"), Relaxed),
            Err(_) if std::env::var_os("MUTANT_REACHED").is_some() => ACTIVE.store(RECORD, Relaxed),
            Err(_) => ACTIVE.store(0, Relaxed),
        }
        return is(number);
    }
    if !REACHED[number as usize].swap(true, Relaxed)
        && let Some(path) = std::env::var_os("MUTANT_REACHED")
    {
        use std::io::Write as _;
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).expect("a file");
        file.write_all(format!("{number}\n").as_bytes()).expect("it can be written");
    }
    false
}

/// The same iterator, or one that gives nothing.
pub fn nothing_of<I: Iterator>(number: u32, iterator: I) -> OrNothing<I> {
    OrNothing { number, iterator }
}

/// An iterator that may give nothing.
#[derive(Clone)]
pub struct OrNothing<I> {
    number: u32,
    iterator: I,
}

impl<I: Iterator> Iterator for OrNothing<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        if is(self.number) { None } else { self.iterator.next() }
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for OrNothing<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        if is(self.number) { None } else { self.iterator.next_back() }
    }
}

/// Lets this change take effect from now on, for so many places.
pub fn choose(number: u32, places: u64) {
    ACTIVE.store(number, Relaxed);
    LEFT.set(places);
}

/// Notes from now on which places are reached.
pub fn record() {
    REACHED.iter().for_each(|reached| reached.store(false, Relaxed));
    ACTIVE.store(RECORD, Relaxed);
}

/// The places that were reached.
pub fn reached() -> Vec<u32> {
    (0..HOW_MANY).filter(|number| REACHED[*number].load(Relaxed)).map(|number| number as u32).collect()
}

/// How many places may still be passed.
pub fn left() -> u64 {
    LEFT.get()
}
