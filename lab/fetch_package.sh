#!/bin/sh
# Hook of mmdebstrap: unpack the newest Debian package of a name into the tree ($1) that becomes the archive.
# Nothing it depends on comes with it, for nothing of it is run here. LAB_PACKAGE is an extended regular expression
# that the whole name has to match. A line that starts with "lab-fetch:" is for the lab.
set -eu
# The lists that mmdebstrap has just fetched and checked.
APT_CONFIG=$MMDEBSTRAP_APT_CONFIG
export APT_CONFIG
names=$(apt-cache pkgnames)
name=$(printf '%s\n' "$names" | grep -Ex -e "$LAB_PACKAGE" | sort -V | tail -n 1)
if [ -z "$name" ]; then
  echo "lab-fetch: none on $(sed -n 's/^deb .*\(https\{0,1\}:[^ ]*\) .*/\1/p' "$1/etc/apt/sources.list" | sort -u | tr '\n' ' ')" >&2
  exit 1
fi
# From 6.19 on, a kernel's package only names two others.
wanted=$name
case $name in
  linux-image-*)
    version=${name#linux-image-}
    split=$(printf '%s\n' "$names" | grep -Fx -e "linux-binary-$version" -e "linux-modules-$version") || split=''
    [ -z "$split" ] || wanted=$split
    ;;
esac
mkdir "$1/packages"
cd "$1/packages"
for package in $wanted; do
  echo "lab-fetch: downloading $package" >&2
  apt-get -q -o APT::Sandbox::User=root download "$package" >&2
done
for archive in *.deb; do
  dpkg-deb --extract "$archive" "$1"
  rm -- "$archive"
done
cd /
rmdir "$1/packages"
