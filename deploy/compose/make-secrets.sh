#!/bin/sh
# Makes every password of the stack at random, once. Each file goes to a volume that only the
# containers mount which need it.
set -eu
umask 022
root=/run/secrets/honua
secret() { node -e 'process.stdout.write(crypto.randomBytes(24).toString("hex"))'; }

# Secrets of an earlier version stay; the owner of the state database is newer than the rest.
if [ ! -s "$root/database/state-owner-password" ]; then
  owner=$(secret)
  printf %s "$owner" > "$root/database/state-owner-password"
  printf %s "postgres://honua_state_owner:$owner@postgres/honua" > "$root/database/state-owner-url"
fi
if [ -s "$root/operator/token" ]; then
  echo "The secrets are there."
  exit 0
fi

superuser=$(secret)
state=$(secret)
gateway=$(secret)
printf %s "$superuser" > "$root/database/superuser-password"
printf %s "$state" > "$root/database/state-password"
printf %s "$gateway" > "$root/database/gateway-password"
printf %s "postgres://postgres:$superuser@postgres/gis" > "$root/database/sample-data-url"
printf %s "postgres://honua_state:$state@postgres/honua" > "$root/state/database-url"
printf %s "postgres://honua_gateway:$gateway@postgres/gis" > "$root/gateway/database-url"

# nats-server is told every password, each service its own.
: > "$root/nats/passwords.conf"
for user in administrator watcher reconciler approvals state gis-gateway; do
  password=$(secret)
  case "$user" in
    administrator) folder=operator ;;
    gis-gateway) folder=gateway ;;
    *) folder=$user ;;
  esac
  printf %s "$password" > "$root/$folder/nats-password"
  variable=$(echo "${user}_PASSWORD" | tr a-z- A-Z_)
  echo "$variable: \"$password\"" >> "$root/nats/passwords.conf"
done

token="honua_$(secret)"
digest=$(printf %s "$token" | sha256sum | cut -d " " -f 1)
printf %s "$digest" > "$root/state/token.sha256"
printf %s "$digest" > "$root/approvals/token.sha256"
# Last: its presence says that all of them are there.
printf %s "$token" > "$root/operator/token"
echo "Made the secrets."
