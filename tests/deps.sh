#!/bin/sh
# Installs the Debian packages the tests talk to, as root on Debian; elsewhere says what is missing.
set -eu
missing=
has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ]; }
for tool in sshd ssh dropbear tinysshd tcpserver iptables ip pkill chromium chromium-headless-shell busybox node npm zsh mksh tcsh bsd-csh fish dash yash ksh93 sudo script systemd-analyze caddy; do has "$tool" || missing="$missing $tool"; done
[ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing="$missing postgresql"
[ -n "$missing" ] || exit 0
# A Node that did not come from Debian brings its own npm, beside which Debian's cannot be installed.
if has npm; then
    for package; do
        shift
        case $package in nodejs | npm) ;; *) set -- "$@" "$package" ;; esac
    done
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing what the tests talk to:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    exit 0
fi
echo "Not installed:$missing" >&2
echo "On Debian or Ubuntu: sudo apt-get install $*" >&2
exit 1
