//! A simulated cluster: it makes random histories together with the truth about them, to hold the verdict against.
//!
//! [`legal`] makes a history of servers that do nothing wrong, [`with_bug`] one of servers with one bug that the answers
//! or the looks show. Both are pure functions of a seed. The servers, the messages between them and the requests on their
//! way are modelled (`cluster`, `backup`, `app`, `requests`); what a client can know of its sessions is written down
//! beside them (`ledger`), and what that says of the history is its [`Truth`].

mod acts;
mod answers;
mod app;
mod backup;
mod bug;
mod case;
mod cluster;
mod dump;
mod faults;
mod ledger;
mod looks;
mod requests;
mod script;
mod shop;
mod world;

pub use bug::BugKind;
pub use case::{Case, Truth, legal, legal_shop, shop_with_bug, with_bug};
pub use dump::dump;
