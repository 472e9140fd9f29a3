#!/bin/sh
# Runs one service (`state`), the honua command (`honua status`), or any other program.
set -eu
node="node --disable-warning=ExperimentalWarning"
case "${1:-}" in
  approvals | reconciler | state | watcher)
    # V8 would let the space for new objects grow to 64 MB while the process starts, and keep it.
    exec $node --max-semi-space-size=8 "/app/services/$1/src/main.ts"
    ;;
  gis-gateway)
    # Where reconcilers reach this very container, however many there are.
    scheme=http
    if [ -n "${HTTP_CERT_FILE:-}" ]; then scheme=https; fi
    export HONUA_ADVERTISED_URL="${HONUA_ADVERTISED_URL:-$scheme://$(hostname):${PORT:-5000}}"
    shift
    exec $node /app/services/gis-gateway/src/main.ts "$@"
    ;;
  honua)
    shift
    exec $node /app/packages/cli/src/main.ts "$@"
    ;;
  migrate-state)
    exec $node /app/services/state/src/migrate-database.ts
    ;;
  load-sample-data)
    exec $node /app/packages/cli/src/stack/database/load-sample-data.ts
    ;;
  "")
    echo "Say which service: approvals, gis-gateway, reconciler, state or watcher." >&2
    exit 64
    ;;
  *)
    exec "$@"
    ;;
esac
