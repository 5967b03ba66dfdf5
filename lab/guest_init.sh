#!/bin/sh
# Process 1 of a lab guest, on its read-only root: mount what a tracer needs, open ssh on the one virtual network
# card, and end by itself after the time limit that the kernel command line names.
# What the lab has to know is printed on the serial console as lines that start with "lab-guest:".
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /root
mount -t tmpfs tmpfs /home
mount -t tmpfs tmpfs /dev/shm
chmod 1777 /tmp /dev/shm
chmod 755 /root /home
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
hostname lab

# lab.key=BASE64 is the public key that may log in, lab.limit=SECONDS the guest's own end.
key=''
limit=1800
for word in $(cat /proc/cmdline); do
  case $word in
    lab.key=*) key=${word#lab.key=} ;;
    lab.limit=*) limit=${word#lab.limit=} ;;
  esac
done
(sleep "$limit"; echo "lab-guest: time limit of $limit s reached" >/dev/console; busybox poweroff -f) &

# root, one user who may use sudo, and one who may not.
for user in root lab plain; do
  home=/home/$user
  [ "$user" = root ] && home=/root
  mkdir -p "$home/.ssh"
  printf 'ssh-ed25519 %s lab\n' "$key" >"$home/.ssh/authorized_keys"
  chmod 700 "$home/.ssh"
  chmod 600 "$home/.ssh/authorized_keys"
  chown -R "$user:$user" "$home"
done
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0

# A host key for this boot alone; its public half goes out over the console, which only the lab reads.
dropbearkey -t ed25519 -f /run/host_key >/run/host_key.txt 2>&1
echo "lab-guest: hostkey $(sed -n 's/^ssh-ed25519 \([^ ]*\).*/\1/p' /run/host_key.txt)" >/dev/console
dropbear -r /run/host_key -s -E -P /run/dropbear.pid -p 22 >/run/dropbear.log 2>&1
echo "lab-guest: ready $(uname -r)" >/dev/console
while :; do sleep 1000; done
