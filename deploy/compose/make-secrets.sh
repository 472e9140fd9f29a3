#!/bin/sh
# Makes every password of the stack at random, once. Each file goes to a volume that only the
# containers mount which need it.
set -eu
umask 022
root=/run/secrets/honua
if [ -s "$root/operator/token" ]; then
  echo "The secrets are there."
  exit 0
fi
secret() { node -e 'process.stdout.write(crypto.randomBytes(24).toString("hex"))'; }

superuser=$(secret)
state=$(secret)
gateway=$(secret)
printf %s "$superuser" > "$root/database/superuser-password"
printf %s "$state" > "$root/database/state-password"
printf %s "$gateway" > "$root/database/gateway-password"
printf %s "postgres://postgres:$superuser@postgres/gis" > "$root/database/sample-data-url"
printf %s "postgres://honua_state:$state@postgres/honua" > "$root/state/database-url"
printf %s "postgres://honua_gateway:$gateway@postgres/gis" > "$root/gateway/database-url"

token="honua_$(secret)"
printf %s "$token" | sha256sum | cut -d " " -f 1 > "$root/state/token.sha256"
# Last: its presence says that all of them are there.
printf %s "$token" > "$root/operator/token"
echo "Made the secrets."
