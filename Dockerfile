# One image for all five services. The command selects the service:
#   docker build --tag honua-gitops .      docker run honua-gitops state
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/audit/package.json packages/audit/
COPY packages/cli/package.json packages/cli/
COPY packages/contracts/package.json packages/contracts/
COPY packages/cql2/package.json packages/cql2/
COPY packages/pg-raw/package.json packages/pg-raw/
COPY packages/release/package.json packages/release/
COPY packages/service-kit/package.json packages/service-kit/
COPY packages/testing/package.json packages/testing/
COPY packages/text/package.json packages/text/
COPY services/approvals/package.json services/approvals/
COPY services/gis-gateway/package.json services/gis-gateway/
COPY services/reconciler/package.json services/reconciler/
COPY services/state/package.json services/state/
COPY services/watcher/package.json services/watcher/
# Without the databases of the local stack (optional dependencies), and without the npm package node,
# because the base image contains Node.
RUN npx --yes pnpm@12.21.0 install --prod --no-optional --frozen-lockfile --ignore-scripts \
      --filter "./packages/*" --filter "./services/*" --filter "!@honua/testing"

FROM ${NODE_IMAGE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git gnupg openssh-client tini \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /var/lib/honua --create-home honua \
 && cd /run && mkdir --parents secrets/honua && cd secrets/honua \
 && mkdir approvals database gateway nats operator reconciler state watcher /srv/git \
 && chown --recursive honua:honua /run/secrets/honua /srv/git
WORKDIR /app
COPY --from=dependencies /app ./
COPY LICENSE ./
COPY packages packages
COPY services services
COPY examples examples
COPY deploy/container deploy/container
COPY deploy/compose deploy/compose
# Compile at build time: services start faster and never load the TypeScript compiler.
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.compiled
RUN node deploy/container/compile-services.mjs
# These change with every build, so they come last: docker build --build-arg REVISION=$(git rev-parse HEAD) .
ARG NODE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Honua GitOps" \
      org.opencontainers.image.description="GitOps for GIS services: plan, approve, apply, verify and roll back every change from Git" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${NODE_IMAGE}"
ENV HONUA_HOME=/var/lib/honua
USER honua
VOLUME /var/lib/honua
ENTRYPOINT ["tini", "--", "/app/deploy/container/entrypoint.sh"]
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=6 \
  CMD ["node", "/app/deploy/container/healthcheck.mjs"]
