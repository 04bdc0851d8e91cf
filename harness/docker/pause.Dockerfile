# The pause container: it keeps name, address and published port of a node, and its packet filter is set from it.
# Any base with a shell, sleep and a package manager will do, and any that has iptables already.
ARG BASE_IMAGE=debian:12-slim
FROM ${BASE_IMAGE}
RUN command -v iptables \
 || { command -v apk && apk add --no-cache iptables; } \
 || { apt-get update && apt-get install -y --no-install-recommends iptables && rm -rf /var/lib/apt/lists/*; }
# Perl holds packets back, for the fault `latency`; every Debian and Ubuntu has it. Without it that one is refused.
RUN command -v perl || { command -v apk && apk add --no-cache perl; } || true
LABEL tomee-harness.image=pause
CMD ["sleep", "infinity"]
