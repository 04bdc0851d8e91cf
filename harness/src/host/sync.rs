//! Locks that a panic elsewhere does not poison.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex, also where a thread panicked while it held it: what is kept behind our mutexes is whole after each
/// statement, and the cluster must be ended after a panic too.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_panic_left_locked_can_be_locked_again() {
        let mutex = Mutex::new(1);
        let panicked = std::thread::scope(|scope| {
            let owner = scope.spawn(|| {
                let _held = lock(&mutex);
                panic!("on purpose");
            });
            owner.join().is_err()
        });
        assert!(panicked && mutex.is_poisoned());
        assert_eq!(*lock(&mutex), 1);
    }
}
