#!/bin/sh
# The parts of the official entrypoint that this project needs. At the first start, it creates a
# superuser with the password from POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, and runs the scripts in
# /docker-entrypoint-initdb.d.
set -eu
if [ "$(id -u)" = 0 ]; then
  chown -R postgres "$PGDATA"
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  password=$(mktemp)
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then cp "$POSTGRES_PASSWORD_FILE" "$password"
  else printf %s "$POSTGRES_PASSWORD" > "$password"; fi
  initdb --username=postgres --pwfile="$password" --auth-local=trust --auth-host=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 >/dev/null
  rm "$password"
  echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  pg_ctl --wait --silent --options="-c listen_addresses=''" start
  for script in /docker-entrypoint-initdb.d/*.sh; do
    if [ -f "$script" ]; then sh "$script"; fi
  done
  pg_ctl --wait --silent --mode=fast stop
fi
exec "$@"
