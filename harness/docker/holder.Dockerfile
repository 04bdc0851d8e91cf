# The holder of a node's name, address and published port, from which its packet filter is set.
# Any base with a shell, sleep and a package manager will do, and any that has iptables already.
ARG BASE_IMAGE=debian:12-slim
FROM ${BASE_IMAGE}
RUN command -v iptables \
 || { command -v apk && apk add --no-cache iptables; } \
 || { apt-get update && apt-get install -y --no-install-recommends iptables && rm -rf /var/lib/apt/lists/*; }
# Perl holds packets back, for the fault `latency`; every Debian and Ubuntu has it. Without it that one is refused.
RUN command -v perl || { command -v apk && apk add --no-cache perl; } || true
LABEL tomee-harness.image=holder
CMD ["sleep", "infinity"]
