#!/bin/sh
# An example Git host: creates the sample configuration repository once, and serves it.
set -eu
repository=/srv/git/honua-config.git
if [ ! -e "$repository/HEAD" ]; then
  work=$(mktemp --directory)
  cp --recursive /app/examples/honua-config/. "$work"
  git -C "$work" init --quiet --initial-branch=main
  git -C "$work" add --all
  git -C "$work" -c user.name=Honua -c user.email=honua@localhost commit --quiet --message "feat: Sample configuration"
  git clone --quiet --bare "$work" "$repository.new"
  mv "$repository.new" "$repository"
fi
exec git daemon --reuseaddr --export-all --enable=receive-pack --base-path=/srv/git /srv/git
