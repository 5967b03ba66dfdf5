#!/bin/busybox sh
# First process of a lab guest, in the initrd: load the modules that reach the root disk, make sure that the kernel
# has what the guest needs, then hand over to the root disk.
# The kernel runs this file as /init; every command in it is busybox.
PATH=/bin
busybox mkdir -p /dev /proc /root

fail() {
  echo "lab-guest: failed: $1"
  busybox poweroff -f
}

busybox mount -t proc none /proc || fail "the kernel has no proc (CONFIG_PROC_FS)"

# has TYPE OPTION: the kernel knows a type of file system.
has() {
  while read -r one two; do
    [ "${two:-$one}" != "$1" ] || return 0
  done </proc/filesystems
  fail "the kernel has no $1 ($2)"
}
has devtmpfs CONFIG_DEVTMPFS
busybox mount -t devtmpfs none /dev

# The numbers in the names give the order in which the modules need each other.
for module in /modules/*.ko; do
  [ -e "$module" ] || continue
  busybox insmod "$module" || echo "lab-guest: note: ${module##*/} did not load"
done

has sysfs CONFIG_SYSFS
has tmpfs "CONFIG_SHMEM, CONFIG_TMPFS"
has devpts CONFIG_UNIX98_PTYS
has ext4 CONFIG_EXT4_FS

waited=0
while [ ! -b /dev/vda ]; do
  waited=$((waited + 1))
  [ "$waited" -le 100 ] || fail "the root disk /dev/vda did not appear in 10 s (CONFIG_PCI, CONFIG_VIRTIO_PCI, CONFIG_VIRTIO_BLK, or their modules)"
  busybox sleep 0.1
done
[ -e /proc/net/dev ] || fail "the kernel has no network (CONFIG_NET, CONFIG_INET)"
[ -e /proc/net/tcp ] || fail "the kernel has no TCP (CONFIG_INET)"
while ! busybox grep -q eth0 /proc/net/dev; do
  waited=$((waited + 1))
  [ "$waited" -le 200 ] || fail "the network card eth0 did not appear in 10 s (CONFIG_VIRTIO_NET, or its module)"
  busybox sleep 0.1
done
busybox mount -t ext4 -o ro /dev/vda /root || fail "the root disk could not be mounted (CONFIG_EXT4_FS)"
busybox mount --move /dev /root/dev
busybox umount /proc
exec busybox switch_root /root /sbin/lab-init
fail "the root file system could not be entered"
