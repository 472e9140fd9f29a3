import {
  desiredBucket,
  gatewaysBucket,
  notificationsBucket,
  type ObjectStoreName,
  watchCursorsBucket,
} from "./buckets.ts";
import { approvalsStatus } from "./calls/approvals.ts";
import { recordDryRun } from "./calls/dry-run.ts";
import { prepareRelease } from "./calls/gateway.ts";
import * as state from "./calls/state.ts";
import { pollNow, watcherStatus } from "./calls/watcher.ts";
import type { BucketDefinition, CallDefinition, EventDefinition } from "./define.ts";
import { commitDetected, commitRefused } from "./events/commit.ts";
import * as deployment from "./events/deployment.ts";
import { dryRunRecorded } from "./events/dry-run.ts";
import * as environment from "./events/environment.ts";
import {
  EVENT_STREAM,
  EVERY_LANE_HEARTBEAT,
  EVERY_LANE_MESSAGE,
  eventSubjects,
  LANE_STREAM,
  NOTIFICATIONS_CONSUMER,
} from "./subjects.ts";

export const SERVICE_NAMES = [
  "watcher",
  "reconciler",
  "approvals",
  "state",
  "gis-gateway",
] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** The bus operations of a service. nats-server denies everything else. */
export interface BusAccess {
  publishes: readonly EventDefinition[];
  calls: readonly CallDefinition[];
  serves: readonly CallDefinition[];
  reads: readonly BucketDefinition[];
  writes: readonly BucketDefinition[];
  readsObjects: readonly ObjectStoreName[];
  writesObjects: readonly ObjectStoreName[];
  /** Durable consumers on the event stream that belong to this service. */
  consumers: readonly string[];
  /** Whether the service consumes the lanes. */
  consumesLanes: boolean;
}

const { environmentOverview: _document, ...stateCalls } = state;
const { environmentResync, ...operatorEvents } = environment;

/** The least privileges of each service. Anything not listed is denied. */
export const busAccess: Readonly<Record<ServiceName, BusAccess>> = {
  watcher: {
    publishes: [commitDetected],
    calls: [state.getEnvironmentOverview, state.recordCommitSeen, state.recordCommitRefused],
    serves: [pollNow, watcherStatus],
    reads: [watchCursorsBucket],
    writes: [watchCursorsBucket],
    readsObjects: ["bundles"],
    writesObjects: ["bundles"],
    consumers: [],
    consumesLanes: false,
  },
  reconciler: {
    publishes: [environmentResync],
    calls: [
      state.openDeployment,
      state.transitionDeployment,
      state.reportWaiting,
      state.archiveRelease,
      state.republishRelease,
      state.getEnvironmentOverview,
      state.listEnvironments,
      state.reportObservation,
      state.recordDeadLetter,
      recordDryRun,
      prepareRelease,
    ],
    serves: [],
    reads: [desiredBucket, gatewaysBucket],
    writes: [desiredBucket],
    readsObjects: ["bundles", "releases"],
    writesObjects: ["releases", "plans"],
    consumers: [],
    consumesLanes: true,
  },
  approvals: {
    publishes: [],
    calls: [
      state.getDeployment,
      state.listAwaitingApproval,
      state.recordDecision,
      state.recordDeniedDecision,
    ],
    serves: [approvalsStatus],
    reads: [notificationsBucket],
    writes: [notificationsBucket],
    readsObjects: [],
    writesObjects: [],
    consumers: [NOTIFICATIONS_CONSUMER],
    consumesLanes: false,
  },
  state: {
    publishes: [
      commitRefused,
      ...Object.values(deployment),
      ...Object.values(operatorEvents),
      dryRunRecorded,
    ],
    calls: [pollNow, watcherStatus, approvalsStatus],
    serves: [...Object.values(stateCalls), recordDryRun],
    reads: [gatewaysBucket],
    writes: [],
    readsObjects: ["releases", "plans"],
    writesObjects: ["releases"],
    consumers: [],
    consumesLanes: false,
  },
  "gis-gateway": {
    publishes: [],
    calls: [state.republishRelease, state.getGitopsHealth],
    serves: [prepareRelease],
    reads: [desiredBucket, gatewaysBucket],
    writes: [gatewaysBucket],
    readsObjects: ["releases"],
    writesObjects: [],
    consumers: [],
    consumesLanes: false,
  },
};

/** Subjects, with wildcards, that a user of nats-server may publish to and subscribe to. */
export interface SubjectPermissions {
  publish: string[];
  subscribe: string[];
}

/** Prefix of the inboxes on which a service receives replies. No other service may subscribe to it. */
export function inboxPrefix(service: string): string {
  return `_INBOX_${service.replaceAll("-", "_")}`;
}

/**
 * Translates `busAccess` into subject permissions. The `$JS.API` subjects are the ones that the
 * JetStream client uses to read a stream, a bucket or an object store (NATS ADR-6, ADR-8 and
 * ADR-20). None of them creates, updates or deletes a stream.
 */
export function subjectPermissions(service: ServiceName): SubjectPermissions {
  const access = busAccess[service];
  const streams = [
    ...union(access.reads, access.writes).map(({ name }) => `KV_${name}`),
    ...union(access.readsObjects, access.writesObjects).map((name) => `OBJ_${name}`),
  ];
  return {
    publish: [
      "$JS.API.INFO",
      `$JS.API.STREAM.INFO.${EVENT_STREAM}`,
      `$JS.API.STREAM.INFO.${LANE_STREAM}`,
      ...access.publishes.flatMap((event) => eventSubjects(event, "*")),
      ...access.calls.map(callSubject),
      ...(access.consumesLanes ? [...lanePermissions(LANE_STREAM), EVERY_LANE_HEARTBEAT] : []),
      ...access.consumers.flatMap((name) => consumerPermissions(EVENT_STREAM, name)),
      ...streams.flatMap(readPermissions),
      ...access.writes.map(({ name }) => `$KV.${name}.>`),
      ...access.writesObjects.flatMap((name) => [
        `$O.${name}.>`,
        `$JS.API.STREAM.PURGE.OBJ_${name}`,
      ]),
    ],
    subscribe: [
      `${inboxPrefix(service)}.>`,
      ...access.serves.map(callSubject),
      ...(access.consumesLanes ? [EVERY_LANE_MESSAGE, EVERY_LANE_HEARTBEAT] : []),
    ],
  };
}

function callSubject({ name, addressed }: CallDefinition): string {
  return addressed ? `rpc.${name}.*.*` : `rpc.${name}`;
}

function readPermissions(stream: string): string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.>`,
    `$JS.API.CONSUMER.DELETE.${stream}.>`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
    `$JS.FC.${stream}.>`,
  ];
}

/** Permissions to create, read and acknowledge one durable consumer per environment. */
function lanePermissions(stream: string): string[] {
  return [
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
    `$JS.ACK.${stream}.>`,
  ];
}

/** Permissions to create, read and acknowledge the durable consumer of this name and no other. */
function consumerPermissions(stream: string, name: string): string[] {
  return [
    `$JS.API.CONSUMER.CREATE.${stream}.${name}`,
    `$JS.API.CONSUMER.CREATE.${stream}.${name}.>`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${name}`,
    `$JS.API.CONSUMER.INFO.${stream}.${name}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`,
    `$JS.ACK.${stream}.${name}.>`,
  ];
}

function union<Item>(some: readonly Item[], others: readonly Item[]): Item[] {
  return [...new Set([...some, ...others])];
}
