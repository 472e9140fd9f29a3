#!/bin/sh
# Runs one service (`state`), the honua command (`honua status`), or any other program.
set -eu
node="node --disable-warning=ExperimentalWarning"
case "${1:-}" in
  approvals | reconciler | state | watcher)
    # Without the limit, V8 grows the space for new objects to 64 MB at start and never releases it.
    exec $node --max-semi-space-size=8 "/app/services/$1/src/main.ts"
    ;;
  gis-gateway)
    # The address at which reconcilers reach this container, also if there are several gateways.
    scheme=http
    if [ -n "${HTTP_CERT_FILE:-}" ]; then scheme=https; fi
    export HONUA_ADVERTISED_URL="${HONUA_ADVERTISED_URL:-$scheme://$(hostname):${PORT:-5000}}"
    shift
    exec $node /app/services/gis-gateway/src/main.ts "$@"
    ;;
  honua)
    shift
    # Hints show this command. Set it to the command that runs the container.
    export HONUA_COMMAND="${HONUA_COMMAND:-honua}"
    exec $node /app/packages/cli/src/main.ts "$@"
    ;;
  migrate-state)
    exec $node /app/services/state/src/database/migrate-job.ts
    ;;
  load-sample-data)
    exec $node /app/packages/cli/src/stack/database/load-sample-data.ts
    ;;
  "")
    echo "Name a service: approvals, gis-gateway, reconciler, state or watcher." >&2
    exit 64
    ;;
  *)
    exec "$@"
    ;;
esac
