#!/usr/bin/env bash
# Installs the Debian packages that building, testing and running loopcsi need and that are not there yet.
#
# Does nothing, and asks nobody for rights, when all are there. Needs apt and root (or sudo); Swift is not its business.
set -euo pipefail

# Package, and what it is needed for.
packages() {
    cat <<'LIST'
make                  runs the targets of the Makefile
libgrpc-dev           gRPC core, which serves the CSI socket and the relay
libprotobuf-c-dev     packs and unpacks CSI messages
protobuf-c-compiler   makes the C code of the messages from proto/csi.proto
libprotobuf-dev       the standard .proto files that csi.proto imports
libnghttp2-dev        HTTP/2 for the client side: call, probe, bench, tests
libmicrohttpd-dev     pages for operators over HTTP: metrics and health
libblkid-dev          tells what is on a device before anything is written to it
libmount-dev          reads the mount table
libssl-dev            digests for names that are not safe file names
openssl               certificates for the tests
e2fsprogs             mkfs, fsck and resize for ext4
xfsprogs              mkfs, repair and growth for XFS
btrfs-progs           mkfs, check and resize for btrfs
strace                faults in the driver's system calls, for the tests
iproute2              networks of the tests with many nodes
python3-yaml          reads the manifests of deploy/ and examples/ for the tests
LIST
}

installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

fail() {
    echo "install-dependencies: $*" >&2
    exit 1
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "this is not a Debian system; install the equivalents of these yourself: $(packages | awk '{printf "%s ", $1}')"

missing=()
while read -r package reason; do
    installed "$package" && continue
    missing+=("$package")
    printf 'installing %-22s%s\n' "$package" "$reason"
done < <(packages)
[ "${#missing[@]}" -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
        fail "not root and no sudo here; run as root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
fi

apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get --quiet --quiet -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

apt_get update || fail "apt-get update failed; is a package mirror reachable?"
apt_get install --yes --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get could not install: ${missing[*]}"
