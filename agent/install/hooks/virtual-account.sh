#!/bin/sh
# Makes and removes the accounts of visitors on Linux, for the setting identityHook (docs/sign-in.md).
#
# One JSON object comes on standard input. `create` answers {"account":"name"}: an account named after the user, member
# of sudo or wheel, with a locked password. `remove` ends what runs as it and removes it with its home, unless another
# session of the same user needs it. Only accounts that this script made are ever touched.
set -eu
umask 077
LC_ALL=C
export LC_ALL

prefix=ac-
# Of a name in Linux; the prefix, the hash and the dash before it take the rest.
longest=32
readable=20
mark='Admin Center visitor'
homes=/home

fail() {
  echo "virtual-account: $1" >&2
  exit 1
}

# The service of the agent sees a system that it cannot write; what the script does is done outside of it.
if [ "${1:-}" != outside ] && [ ! -w /etc/passwd ] && [ "$(id -u)" -eq 0 ] && command -v systemd-run >/dev/null 2>&1; then
  exec systemd-run --quiet --pipe --wait --collect -- "$0" outside
fi

input=$(head -c 8192)

# member NAME: a string of the object; nothing when it is absent or holds what has to be escaped.
member() {
  printf '%s' "$input" | sed -n "s/.*\"$1\":\"\([^\"\\\\]*\)\".*/\1/p" | head -n 1
}

action=$(member action)
user=$(member user | tr 'A-Z' 'a-z')
others=$(printf '%s' "$input" | sed -n 's/.*"otherSessions":\([0-9][0-9]*\).*/\1/p' | head -n 1)
[ -n "$user" ] || fail 'the user has no name that can be used'
# A colon would end the field of /etc/passwd, a comma is a field within it.
case $user in
  *[:,[:cntrl:]]*) fail 'the user has no name that can be used' ;;
esac

# The part before the @ in what Linux takes, and a hash of the whole: two users never share an account.
hash=$(printf '%s' "$user" | sha256sum | cut -c 1-8)
name=$prefix$(printf '%s' "${user%%@*}" | tr -c 'a-z0-9_' '-' | cut -c "1-$readable")-$hash
[ "${#name}" -le "$longest" ] || fail "the name $name is too long"

# What an account is marked with, as /etc/passwd has it; nothing where there is no such account.
comment_of() {
  getent passwd "$1" | cut -d : -f 5
}
is_ours() {
  [ "$(comment_of "$name")" = "$mark $user" ]
}
exists() {
  getent passwd "$name" >/dev/null
}

administrators() {
  for group in sudo wheel; do
    if getent group "$group" >/dev/null; then
      printf '%s' "$group"
      return
    fi
  done
  fail 'there is neither a group sudo nor a group wheel'
}

create() {
  group=$(administrators)
  if exists; then
    is_ours || fail "the account $name belongs to somebody else"
    usermod --append --groups "$group" "$name"
  else
    shell=/bin/bash
    [ -x "$shell" ] || shell=/bin/sh
    useradd --create-home --home-dir "$homes/$name" --shell "$shell" --comment "$mark $user" --groups "$group" "$name"
  fi
  usermod --lock "$name"
  printf '{"account":"%s"}\n' "$name"
}

remove() {
  exists || return 0
  is_ours || fail "the account $name belongs to somebody else"
  [ "${others:-0}" -eq 0 ] || return 0
  # What still runs as the account would keep it.
  for try in 1 2 3 4 5; do
    pkill -KILL -U "$(id -u "$name")" || break
    sleep 0.2
  done
  # It complains of a mailbox that is not there, too: what counts is whether the account is.
  userdel --remove "$name" || true
  if exists; then fail "the account $name was not removed"; fi
}

case $action in
  create) create ;;
  remove) remove ;;
  *) fail 'the action is neither create nor remove' ;;
esac
