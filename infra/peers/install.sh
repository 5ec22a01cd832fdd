#!/usr/bin/env bash
# Installs the real peers that the interop tests talk to, on Debian 12 or later. Safe to repeat.
#
#   kamailio, kamailio-extra-modules, kamailio-tls-modules, kamailio-websocket-modules   SIP servers
#   sip-tester (SIPp)                                                                    callers
#   baresip-core, linphone-cli                                                           softphones
#   iproute2 (ss)                                                                        cuts TCP connections
#   redis-server                                                                         the other queue backend
#
# No service is started: each test runs its own processes on free ports of 127.0.0.1.
set -euo pipefail

packages=(kamailio kamailio-extra-modules kamailio-tls-modules kamailio-websocket-modules sip-tester baresip-core linphone-cli iproute2 redis-server)

if [ "${1:-}" = "--help" ]; then
	sed -n '2,12s/^# \{0,1\}//p' "$0"
	exit 0
fi

command -v apt-get >/dev/null || { echo "peers: this installs on Debian only; see --help for what is needed" >&2; exit 1; }

missing=()
for package in "${packages[@]}"; do
	dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
	echo "peers: all installed"
	exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || { echo "peers: run as root, or install sudo" >&2; exit 1; }
	as_root=(sudo)
fi

# Debian starts services on installation; a policy that says no keeps the peers' own ports free for their owners.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
	"${as_root[@]}" chmod 755 "$policy"
	trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi

echo "peers: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "peers: installed"
