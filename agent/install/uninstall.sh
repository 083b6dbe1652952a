#!/bin/sh
# Removes the Admin Center agent from Linux: service, program, settings and keys; local-policy.json and hooks are the
# owner's and stay. What is gone already is success.
# ADMIN_CENTER_ROOT as for install.sh.
set -eu

name=admin-center-agent
root=${ADMIN_CENTER_ROOT:-}
unit=$root/etc/systemd/system/$name.service

if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then
  echo "$name: only root can remove a service" >&2
  exit 1
fi
node=
if [ -e "$unit" ]; then
  node=$(sed -n 's/^ExecStart="\([^"]*\)".*/\1/p' "$unit")
  systemctl disable --now "$name.service"
  rm -f "$unit"
  systemctl daemon-reload
fi
# Accounts of visitors that are left; a hook of the owner's made them, and it alone removes them.
if [ -s "$root/var/lib/$name/virtual-accounts.json" ] && [ -n "$node" ]; then
  "$node" "$root/opt/$name/agent.mjs" forget --config "$root/etc/$name/config.json" || echo "$name: accounts of visitors are left" >&2
fi
# What the owner wrote stays: whoever may uninstall from afar must not open what he closed.
data=$root/var/lib/$name
for entry in "$data"/* "$data"/.[!.]*; do
  case ${entry##*/} in
    local-policy.json | hooks) ;;
    *) rm -rf "$entry" ;;
  esac
done
rmdir "$data" 2>/dev/null || true
rm -rf "$root/etc/$name" "$root/opt/$name"
echo "$name is removed"
