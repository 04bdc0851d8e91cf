//! The packet filter of a node that has a network of its own, in a pod or a network namespace: rules in chains of our own.
//!
//! A rule names the peers' addresses, so what comes from this machine (clients, probes) is never touched. All rules go
//! with the network, whoever removes it.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::network_shell::NetworkShell;
use super::packet_delay as delay;
use crate::host::wait::Patience;
use crate::model::topology::MulticastGroup;
use crate::runtime::NetworkFault;

/// How long a cut may take to drop its first packet. Members send something every second, joined or not.
const HIT_LIMIT: Duration = Duration::from_secs(15);
/// The same where only a small part is dropped.
const RARE_HIT_LIMIT: Duration = Duration::from_mins(1);
/// A loss of less is a small part.
const OFTEN_PERCENT: u8 = 20;

/// Takes the chains out of the packets' way and removes them.
const CLEAR: &str = "set -e
iptables -D INPUT -j HARNESS-IN
iptables -D OUTPUT -j HARNESS-OUT
iptables -F HARNESS-IN
iptables -F HARNESS-OUT
iptables -X HARNESS-IN
iptables -X HARNESS-OUT";
/// The same after a failure, where any of it may be missing.
const CLEAR_REST: &str = "for chain in IN OUT; do
iptables -D ${chain}PUT -j HARNESS-$chain; iptables -F HARNESS-$chain; iptables -X HARNESS-$chain
done 2>/dev/null; true";
const COUNT: &str = "iptables -L HARNESS-IN -n -v -x && iptables -L HARNESS-OUT -n -v -x";

/// The multicast group where a run has a network of its own, in which the stock group does not meet another.
pub(super) const MULTICAST: MulticastGroup =
    MulticastGroup { address: Ipv4Addr::new(228, 0, 0, 4), port: 45564, bind: None };
/// The port of each receiver where every node has an address of its own; the stock one.
pub(super) const RECEIVER_PORT: u16 = 4000;

/// The other nodes of a run, as packets know them.
#[derive(Debug, Clone)]
pub(super) struct Peers {
    pub(super) addresses: Vec<Ipv4Addr>,
    pub(super) group: MulticastGroup,
}

/// Sets the rules of a cut and returns when they have hit something; says how much. Where nothing comes to be hit, the
/// rules are removed again.
pub(super) async fn add_network_fault<S: NetworkShell>(
    shell: &S,
    fault: NetworkFault,
    peers: &Peers,
) -> Result<String, S::Error> {
    if let NetworkFault::Delay { by } = fault {
        delay::begin(shell, by).await?;
    }
    let hit = match set(shell, &rules(fault, peers)).await {
        Ok(()) => first_hit(shell, fault).await,
        Err(error) => Err(error),
    };
    if hit.is_err() {
        // What went wrong first is what to report.
        drop(shell.run(CLEAR_REST, &[]).await);
        if matches!(fault, NetworkFault::Delay { .. }) {
            drop(delay::end(shell).await);
        }
    }
    hit
}

/// Removes the rules of a cut; says how much they have hit. A delay that has ended by itself is an error: who knows since
/// when packets came in time.
pub(super) async fn remove_network_fault<S: NetworkShell>(shell: &S, fault: NetworkFault) -> Result<String, S::Error> {
    let hits = hits(shell, fault).await;
    shell.run(CLEAR, &[]).await?;
    if matches!(fault, NetworkFault::Delay { .. }) && hits.is_ok() {
        delay::end(shell).await?;
    }
    Ok(in_words(fault, hits?))
}

/// Lets everything pass again after [`isolate`].
pub(super) async fn open<S: NetworkShell>(shell: &S) -> Result<(), S::Error> {
    shell.run(CLEAR, &[]).await.map(drop)
}

/// Drops everything that comes or goes, in the place of any other rules.
pub(super) async fn isolate<S: NetworkShell>(shell: &S) -> Result<(), S::Error> {
    shell.run(CLEAR_REST, &[]).await?;
    set(shell, &["IN ! -i lo -j DROP".to_owned(), "OUT ! -o lo -j DROP".to_owned()]).await
}

async fn set<S: NetworkShell>(shell: &S, rules: &[String]) -> Result<(), S::Error> {
    let set = shell.run(&script(rules), &[]).await;
    if set.is_err() {
        drop(shell.run(CLEAR_REST, &[]).await);
    }
    set.map(drop)
}

async fn first_hit<S: NetworkShell>(shell: &S, fault: NetworkFault) -> Result<String, S::Error> {
    let limit = match fault {
        NetworkFault::Loss { percent } if percent < OFTEN_PERCENT => RARE_HIT_LIMIT,
        _ => HIT_LIMIT,
    };
    let mut patience = Patience::new("the packet filter to hit something", limit);
    loop {
        match hits(shell, fault).await? {
            0 => patience.another_look(in_words(fault, 0)).await?,
            packets => return Ok(in_words(fault, packets)),
        }
    }
}

/// How many packets a cut has hit so far.
async fn hits<S: NetworkShell>(shell: &S, fault: NetworkFault) -> Result<u64, S::Error> {
    match fault {
        NetworkFault::Delay { .. } => delay::held(shell).await,
        _ => Ok(dropped(&shell.run(COUNT, &[]).await?)),
    }
}

fn in_words(fault: NetworkFault, packets: u64) -> String {
    let packets = if packets == 1 { "1 packet".to_owned() } else { format!("{packets} packets") };
    match fault {
        NetworkFault::Delay { by } => format!("{packets} held back for {by}"),
        _ => format!("{packets} dropped"),
    }
}

/// The chains are filled before anything jumps to them: a cut begins at once for all peers.
fn script(rules: &[String]) -> String {
    let mut lines = vec!["set -e".to_owned()];
    lines.extend(["IN", "OUT"].map(|chain| format!("iptables -N HARNESS-{chain}")));
    lines.extend(rules.iter().map(|rule| format!("iptables -A HARNESS-{rule}")));
    lines.extend(["IN", "OUT"].map(|chain| format!("iptables -I {chain}PUT -j HARNESS-{chain}")));
    lines.join("\n")
}

/// The rules of a cut, each behind `iptables -A HARNESS-`.
fn rules(fault: NetworkFault, peers: &Peers) -> Vec<String> {
    let group = format!("-p udp -d {} --dport {}", peers.group.address, peers.group.port);
    let from = |what: &str| peers.addresses.iter().map(|peer| format!("IN -s {peer} {what}")).collect::<Vec<_>>();
    let to = |what: &str| {
        let mut rules: Vec<String> = peers.addresses.iter().map(|peer| format!("OUT -d {peer} {what}")).collect();
        // What goes to the group goes to every peer.
        rules.push(format!("OUT -d {} {what}", peers.group.address));
        rules
    };
    match fault {
        NetworkFault::Peers => [from("-j DROP"), to("-j DROP")].concat(),
        NetworkFault::Delay { .. } => [from(delay::TARGET), to(delay::TARGET)].concat(),
        NetworkFault::Incoming => from("-j DROP"),
        NetworkFault::Outgoing => to("-j DROP"),
        NetworkFault::Loss { percent } => {
            let chance = format!("-m statistic --mode random --probability 0.{percent:02} -j DROP");
            [from(&chance), to(&chance)].concat()
        }
        NetworkFault::Heartbeats => {
            let mut rules = from(&format!("{group} -j DROP"));
            rules.push(format!("OUT {group} -j DROP"));
            rules
        }
        NetworkFault::Tribes => {
            let mut rules = from(&format!("{group} -j DROP"));
            rules.push(format!("OUT {group} -j DROP"));
            for (protocol, end) in [("tcp", "--dport"), ("tcp", "--sport"), ("udp", "--dport"), ("udp", "--sport")] {
                let what = format!("-p {protocol} {end} {RECEIVER_PORT} -j DROP");
                rules.extend(from(&what));
                rules.extend(peers.addresses.iter().map(|peer| format!("OUT -d {peer} {what}")));
            }
            rules
        }
    }
}

/// The packets that the listed chains have dropped: `pkts bytes target …`.
fn dropped(listing: &str) -> u64 {
    let lines = listing.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines
        .filter_map(|words| match words[..] {
            [packets, _, "DROP", ..] => packets.parse::<u64>().ok(),
            _ => None,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Millis;

    fn peers() -> Peers {
        let group = MulticastGroup { address: Ipv4Addr::new(228, 0, 0, 4), port: 45564, bind: None };
        Peers { addresses: vec![Ipv4Addr::new(172, 18, 0, 3), Ipv4Addr::new(172, 18, 0, 4)], group }
    }

    #[test]
    fn every_rule_names_a_peer_or_the_group_so_that_clients_are_never_cut_off() {
        let late = NetworkFault::Delay { by: Millis(200) };
        let cuts = [
            NetworkFault::Peers,
            NetworkFault::Tribes,
            NetworkFault::Heartbeats,
            NetworkFault::Outgoing,
            NetworkFault::Incoming,
            NetworkFault::Loss { percent: 5 },
            late,
        ];
        for fault in cuts {
            let rules = rules(fault, &peers());
            assert!(!rules.is_empty());
            for rule in rules {
                let peer = ["172.18.0.3", "172.18.0.4", "228.0.0.4"].iter().any(|peer| rule.contains(peer));
                let target = if fault == late { delay::TARGET } else { "-j DROP" };
                assert!(peer && rule.ends_with(target), "{fault:?}: {rule}");
            }
        }
    }

    #[test]
    fn a_cut_goes_the_ways_that_it_says() {
        let ways = |fault| {
            let rules = rules(fault, &peers());
            ["IN ", "OUT "].map(|way| rules.iter().any(|rule| rule.starts_with(way)))
        };
        assert_eq!(ways(NetworkFault::Peers), [true, true]);
        assert_eq!(ways(NetworkFault::Delay { by: Millis(200) }), [true, true]);
        assert_eq!(ways(NetworkFault::Incoming), [true, false]);
        assert_eq!(ways(NetworkFault::Outgoing), [false, true]);
        assert!(
            rules(NetworkFault::Loss { percent: 5 }, &peers()).iter().all(|rule| rule.contains("--probability 0.05 "))
        );
        assert!(rules(NetworkFault::Heartbeats, &peers()).iter().all(|rule| rule.contains("-d 228.0.0.4")));
        assert!(script(&["IN x".to_owned()]).contains("iptables -A HARNESS-IN x\n"));
    }

    #[test]
    fn only_what_was_dropped_is_counted() {
        let listing = "# Warning: iptables-legacy tables present, use iptables-legacy to see them
Chain HARNESS-IN (1 references)
    pkts      bytes target     prot opt in     out     source               destination
      12      800 DROP       0    --  *      *       172.18.0.3           0.0.0.0/0
       7      420 ACCEPT     0    --  *      *       172.18.0.4           0.0.0.0/0
Chain HARNESS-OUT (1 references)
    pkts      bytes target     prot opt in     out     source               destination
      25     1500 DROP       0    --  *      *       0.0.0.0/0            172.18.0.3";
        assert_eq!(dropped(listing), 37);
        assert_eq!(dropped("nothing of the kind"), 0);
        assert_eq!(in_words(NetworkFault::Peers, 1), "1 packet dropped");
        assert_eq!(in_words(NetworkFault::Delay { by: Millis(200) }, 37), "37 packets held back for 200ms");
    }
}
