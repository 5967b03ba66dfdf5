#!/bin/sh
# Compiles what of a configured kernel is not compiled yet. $1: its folder; $2: where the kernel goes.
set -eu
work=$1 result=$2
cd "$work"
echo "lab-build: compiling" >&2
nice -n 19 make -s -j2 bzImage
cp -- arch/x86/boot/bzImage "$result"
