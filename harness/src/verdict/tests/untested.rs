//! What nothing tested and what nobody owes: a session that had no other node to be copied to.

use super::shop::{HAD, Shop, copied, owned, shop};
use super::{holds, unknown, violated};
use crate::spec::Guarantee;

const REPLICATED: Guarantee = Guarantee::AttributesReplicated;
const CART: &str = "GET /shop/cart";

#[test]
fn a_session_that_was_made_when_one_node_lived_needs_no_copy() {
    let both = || [copied("A1.n1", HAD), owned("B1.n2", HAD)].concat();
    let bob = |shop: Shop| shop.ask("bob", "n2", CART, None, Some("B1.n2")).look("n2", both());
    let alone = bob(shop(REPLICATED).alice().kill("n1"));
    holds(&alone.story, REPLICATED);
    holds(&alone.clone().ask("bob", "n2", CART, Some("B1.n2"), None).story, REPLICATED);
    holds(&alone.clone().kill("n2").restart("n1").story, REPLICATED);
    // Another node was there when it was made, or came back to it.
    let words = ["bob's session B1 of /shop was never seen on its owner and on a node that is to have a copy"];
    unknown(&bob(shop(REPLICATED).alice()).kill("n1").story, REPLICATED, &words);
    let back = alone.restart("n1");
    unknown(&back.story, REPLICATED, &words);
    let missing = back.look("n2", both()).look("n1", copied("A1.n1", HAD));
    violated(&missing.story, REPLICATED, &["n1 holds no copy of bob's session B1"]);
    // One that was there before lost its peers only later.
    let before = shop(REPLICATED).alice().ask("bob", "n2", CART, None, Some("B1.n2")).kill("n1");
    unknown(&before.look("n2", both()).story, REPLICATED, &words);
}
