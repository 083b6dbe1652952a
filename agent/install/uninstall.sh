#!/bin/sh
# Removes the Admin Center agent from Linux: service, program, settings and keys. What is gone already is success.
# ADMIN_CENTER_ROOT as for install.sh.
set -eu

name=admin-center-agent
root=${ADMIN_CENTER_ROOT:-}
unit=$root/etc/systemd/system/$name.service

if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then
  echo "$name: only root can remove a service" >&2
  exit 1
fi
if [ -e "$unit" ]; then
  systemctl disable --now "$name.service"
  rm -f "$unit"
  systemctl daemon-reload
fi
rm -rf "$root/var/lib/$name" "$root/etc/$name" "$root/opt/$name"
echo "$name is removed"
