//! Latency: packets that the filter puts into a queue of the kernel (NFQUEUE), and a program in the node's network that
//! lets each go when its time is over. It needs no traffic shaping (netem) of the kernel, and goes with that network.

use super::network_shell::NetworkShell;
use crate::model::Millis;

/// The program.
const PROGRAM: &str = include_str!("../../../docker/delay.pl");
/// The queue's number.
const QUEUE: &str = "45";
/// Where packets go that are to come late. Without the program they would pass unharmed.
pub(super) const TARGET: &str = "-j NFQUEUE --queue-num 45 --queue-bypass";

/// Starts the program and waits for its first word: folder for its files, program, queue, milliseconds.
const BEGIN: &str = r#"said=$1/harness-delay.said
perl -e "$2" "$3" "$4" > "$said" 2>&1 &
echo $! > "$1/harness-delay.pid"
while [ ! -s "$said" ] && kill -0 $! 2> /dev/null; do sleep 0.02; done
read -r word < "$said" && [ "$word" = ready ] && exit 0
cat "$said"; rm "$1/harness-delay.pid"; exit 1"#;
/// Lists every queue that somebody listens to. (A program that has ended may still be there, as a zombie.)
const QUEUES: &str = "cat /proc/net/netfilter/nfnetlink_queue";
/// Ends the program, which lets go what it holds.
const END: &str = r#"pid=$(cat "$1/harness-delay.pid") && rm "$1/harness-delay.pid" && kill "$pid""#;
/// Whether the filter can put packets into a queue.
const TRY: &str = "iptables -N HARNESS-TRY && iptables -A HARNESS-TRY -j NFQUEUE --queue-num 45 --queue-bypass
result=$?
iptables -F HARNESS-TRY; iptables -X HARNESS-TRY
exit $result";

/// Whether packets can be held back here.
///
/// # Errors
/// They cannot; with what the programs there say.
pub(super) async fn check<S: NetworkShell>(shell: &S) -> Result<(), S::Error> {
    shell.run(TRY, &[]).await.map_err(|error| S::in_words(error, "iptables has no queue"))?;
    begin(shell, Millis(1)).await?;
    end(shell).await
}

/// Waits for packets, to hold each back for so long.
pub(super) async fn begin<S: NetworkShell>(shell: &S, by: Millis) -> Result<(), S::Error> {
    let begun = shell.run(BEGIN, &[shell.folder(), PROGRAM, QUEUE, &by.0.to_string()]).await;
    begun.map(drop).map_err(|error| S::in_words(error, "packets cannot be delayed"))
}

/// How many packets were held back so far.
///
/// # Errors
/// The program has ended.
pub(super) async fn held<S: NetworkShell>(shell: &S) -> Result<u64, S::Error> {
    let queues = shell.run(QUEUES, &[]).await?;
    queued(&queues).ok_or_else(|| S::refused("the program that delays packets has exited".to_owned()))
}

/// Lets all packets go at once.
pub(super) async fn end<S: NetworkShell>(shell: &S) -> Result<(), S::Error> {
    shell.run(END, &[shell.folder()]).await.map(drop)
}

/// The packets that came into our queue, of `/proc/net/netfilter/nfnetlink_queue`: number, owner, length, …, and in the
/// eighth place the number of the last packet. `None` where nobody listens.
fn queued(queues: &str) -> Option<u64> {
    let rows = queues.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut ours = rows.filter(|row| row.first() == Some(&QUEUE));
    ours.next()?.get(7)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packets_of_our_queue_are_counted() {
        let queues =
            "    7  11987     3 1     0     0     0       99  1\n   45  11988     3 1     0     0     0      204  1\n";
        assert_eq!(queued(queues), Some(204));
        assert_eq!(queued("    7  11987     3 1     0     0     0       99  1\n"), None);
        assert_eq!(queued(""), None);
    }

    #[test]
    fn program_and_filter_mean_the_same_queue() {
        for text in [TARGET, TRY] {
            assert!(text.contains(&format!("--queue-num {QUEUE} ")), "{text}");
        }
    }
}
