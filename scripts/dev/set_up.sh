#!/usr/bin/env bash
# Installs the Debian packages that the tests need and this machine lacks; says so, and does nothing when all are there.
# Without root it prints the command to run as root, and exits with 3.
set -euo pipefail

packages=(
  # The tests themselves: the list of files, a pseudo-terminal (`script`), other readers of BTF and of manual pages, and
  # an sshd that the tests start themselves.
  git bsdutils procps util-linux bpftool groff-base openssh-server
  # Readers of TAP (`prove`) and of JUnit that are not ours.
  perl python3
  # Guests: the machine, its file systems, and the connection to it.
  qemu-system-x86 mmdebstrap arch-test uidmap e2fsprogs cpio xz-utils zstd busybox-static openssh-client
  # What runs inside of them.
  gcc libc6-dev
)

is_installed() {
  [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
((${#missing[@]} > 0)) || exit 0

install=(apt-get install --yes --no-install-recommends "${missing[@]}")
if ((EUID != 0)); then
  echo "Cannot run the tests: ${missing[*]} required, and missing on this machine" >&2
  echo "  as root: apt-get update && ${install[*]}" >&2
  exit 3
fi
echo "Installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get --quiet --quiet update
apt-get --quiet --quiet --option=Dpkg::Use-Pty=0 "${install[@]:1}" </dev/null
