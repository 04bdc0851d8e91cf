//! The checkers, proven on bad histories first.

mod story;

mod green;
