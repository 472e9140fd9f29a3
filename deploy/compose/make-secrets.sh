#!/bin/sh
# Creates random passwords for the stack, once. Each file is in a volume that only the containers
# that need it mount.
set -eu
umask 022
root=/run/secrets/honua
secret() { node -e 'process.stdout.write(crypto.randomBytes(24).toString("hex"))'; }

# Keep the secrets of an earlier version, and add the owner of the state database, which it lacks.
if [ ! -s "$root/database/state-owner-password" ]; then
  owner=$(secret)
  printf %s "$owner" > "$root/database/state-owner-password"
  printf %s "postgres://honua_state_owner:$owner@postgres/honua" > "$root/database/state-owner-url"
fi
if [ -s "$root/operator/token" ]; then
  echo "The secrets exist."
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

# nats-server reads all passwords, each service only its own.
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
# The token is written last: if it exists, all secrets exist.
printf %s "$token" > "$root/operator/token"
echo "Created the secrets."
