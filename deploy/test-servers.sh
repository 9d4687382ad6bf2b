#!/bin/sh
# Installs the servers that the tests run against: mosquitto, InfluxDB and PostgreSQL from Debian.
# Says what it does; without root and without passwordless sudo it changes nothing, and the tests
# that need a missing server are skipped with the reason.
set -eu

missing=""
command -v mosquitto >/dev/null 2>&1 || [ -x /usr/sbin/mosquitto ] || missing="$missing mosquitto"
command -v mosquitto_pub >/dev/null 2>&1 || missing="$missing mosquitto-clients"
command -v influxd >/dev/null 2>&1 || [ -x /usr/bin/influxd ] || missing="$missing influxdb"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "test servers: no apt-get here; install$missing by hand, or their tests are skipped"
    exit 0
fi
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "test servers: no root and no passwordless sudo; the tests that need$missing are skipped"
    echo "test servers: to run them too: apt-get install$missing"
    exit 0
fi

echo "test servers: installing$missing with apt-get (they are only started by the tests)"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 -- one word per package is meant
$as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
