#!/bin/busybox sh
# First process of a lab guest, in the initrd: load the modules that reach the root disk, then hand over to it.
# The kernel runs this file as /init; every command in it is busybox.
PATH=/bin
busybox mkdir -p /dev /proc /root
busybox mount -t devtmpfs none /dev
busybox mount -t proc none /proc

fail() {
  echo "lab-guest: failed: $1"
  busybox poweroff -f
}

# The numbers in the names give the order in which the modules need each other.
for module in /modules/*.ko; do
  [ -e "$module" ] || continue
  busybox insmod "$module" || echo "lab-guest: note: ${module##*/} did not load"
done

waited=0
while [ ! -b /dev/vda ]; do
  waited=$((waited + 1))
  [ "$waited" -le 100 ] || fail "the root disk /dev/vda did not appear in 10 s (is virtio_blk built in or among the modules?)"
  busybox sleep 0.1
done
busybox mount -t ext4 -o ro /dev/vda /root || fail "the root disk could not be mounted (is ext4 built in?)"
busybox mount --move /dev /root/dev
busybox umount /proc
exec busybox switch_root /root /sbin/lab-init
fail "the root file system could not be entered"
