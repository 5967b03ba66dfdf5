#!/bin/sh
# Unpacks a kernel's source and configures it to need no modules: the smallest configuration there is, and a fragment.
# $1: archive of the source; $2: an empty folder to work in; $3: the fragment.
set -eu
archive=$1 work=$2 fragment=$3
tar --extract --no-same-owner --strip-components=1 --file="$archive" --directory="$work"
cp -- "$fragment" "$work/lab.config"
cd "$work"
make -s tinyconfig
scripts/kconfig/merge_config.sh -m .config lab.config >/dev/null
make -s olddefconfig
# What the fragment asks for and this version does not have, or not with these other options.
grep '^CONFIG_' lab.config | while read -r wanted; do
  grep -qxF -e "$wanted" .config || echo "lab-build: not taken: $wanted" >&2
done
