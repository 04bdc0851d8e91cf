# Holds each packet of a netfilter queue back for some milliseconds and lets them go in their order. Needs nothing beyond
# Debian's perl-base. Says `ready` when it is; at SIGTERM it lets all go at once and ends.
use strict;
use warnings;

my ($queue, $delay_ms) = @ARGV;

# From linux/netlink.h, linux/netfilter/nfnetlink_queue.h and asm/unistd.h.
my ($AF_NETLINK, $SOCK_RAW, $NETLINK_NETFILTER) = (16, 3, 12);
my ($PACKET, $CONFIG, $VERDICTS) = map { 3 << 8 | $_ } 0, 2, 3;
my ($REQUEST, $ACK, $MSG_DONTWAIT, $NF_ACCEPT) = (1, 4, 0x40, 1);
my %CLOCK_GETTIME = (x86_64 => 228, aarch64 => 113);

chomp(my $machine = `uname -m`);
my $clock_gettime = $CLOCK_GETTIME{$machine} // die "no clock is known for $machine\n";

sub now {
    my $time = pack 'q2', 0, 0;
    syscall($clock_gettime, 1, $time) == 0 or die "no monotonic clock: $!\n";
    my ($seconds, $nanos) = unpack 'q2', $time;
    return $seconds * 1000 + $nanos / 1e6;
}

socket my $netlink, $AF_NETLINK, $SOCK_RAW, $NETLINK_NETFILTER or die "no netlink of netfilter: $!\n";
bind $netlink, pack 'S2L2', $AF_NETLINK, 0, 0, 0 or die "no netlink of netfilter: $!\n";

# One attribute behind the two headers.
sub message {
    my ($type, $flags, $kind, $value) = @_;
    my $attribute = pack('S2', 4 + length $value, $kind) . $value . "\0" x (-length($value) & 3);
    return pack('LS2L2', 20 + length $attribute, $type, $REQUEST | $flags, 0, 0) . pack('C2n', 0, 0, $queue) . $attribute;
}

sub configure {
    my ($kind, $value) = @_;
    send $netlink, message($CONFIG, $ACK, $kind, $value), 0 or die "no packet queue: $!\n";
    defined recv $netlink, my $answer, 65536, 0 or die "no packet queue: $!\n";
    $! = -unpack 'x16l', $answer;
    die "no packet queue: $!\n" if $! != 0;
}

# All packets up to this one go on their way.
sub release {
    my ($last) = @_;
    send $netlink, message($VERDICTS, 0, 2, pack 'N2', $NF_ACCEPT, $last), 0 or die "no verdict: $!\n";
}

configure(1, pack 'C2n', 1, 0, 0);    # this queue is ours
configure(2, pack 'NC', 0, 1);        # their content is nothing to us
configure(3, pack 'N', 65536);        # so many are held at most

my ($ending, @held) = 0;
$SIG{TERM} = sub { $ending = 1 };
$| = 1;
print "ready\n";

until ($ending) {
    my $wait = @held ? ($held[0][0] - now()) / 1000 : 1;
    vec(my $readable = '', fileno $netlink, 1) = 1;
    select $readable, undef, undef, $wait < 0 ? 0 : $wait;
    while (!$ending && defined recv $netlink, my $packets, 65536, $MSG_DONTWAIT) {
        my $due = now() + $delay_ms;
        while (length $packets >= 20) {
            my ($length, $type) = unpack 'LS', $packets;
            my $attributes = substr $packets, 20, $length - 20;
            substr($packets, 0, $length + 3 & ~3, '');
            next if $type != $PACKET;
            while (length $attributes >= 8) {
                my ($size, $kind) = unpack 'S2', $attributes;
                push @held, [$due, unpack 'x4N', $attributes] if $kind == 1;
                substr($attributes, 0, $size + 3 & ~3, '');
            }
        }
    }
    my ($now, $last) = now();
    $last = (shift @held)->[1] while @held && $held[0][0] <= $now;
    release($last) if defined $last;
}
release($held[-1][1]) if @held;
