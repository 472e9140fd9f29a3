import { z } from "zod";

/**
 * What a caller should do about an error: give up (`permanent`), check again later (`waiting`), or
 * retry with backoff (`transient`).
 */
export const ERROR_KINDS = ["permanent", "waiting", "transient"] as const;
export const errorKind = z.enum(ERROR_KINDS);
export type ErrorKind = z.infer<typeof errorKind>;

/**
 * The code of every error in the system. A code is part of the API: it appears in HTTP problems, in
 * replies on the bus, in logs and in metrics. The HTTP status of each code is in
 * `service-kit/src/http/error-statuses.ts`.
 */
export const ERROR_CODES = [
  // Any service
  "busy",
  "invalid-configuration",
  "invalid-request",
  "not-found",
  "not-ready",
  "stopped",
  "stopping",
  "timeout",
  "unavailable",
  "unexpected",
  // HTTP requests
  "body-too-large",
  "invalid-host",
  "invalid-path",
  "invalid-url",
  "method-not-allowed",
  "port-unavailable",
  "url-too-long",
  // Authentication
  "identity-provider-unavailable",
  "not-allowed",
  "not-authenticated",
  "not-delegate",
  // Message bus and object store
  "bus-unavailable",
  "corrupt-object",
  "lane-refused",
  "no-bus",
  "object-missing",
  "object-timeout",
  "publish-failed",
  "streams-missing",
  "subjects-taken",
  "too-large",
  // Deployments
  "desired-changed",
  "gateways-gone",
  "illegal-transition",
  "no-release",
  "not-active",
  "not-approved",
  "stale-version",
  // Approvals
  "already-decided",
  "excluded-approver",
  "not-an-approver",
  "not-awaiting-approval",
  "plan-changed",
  "reason-required",
  // Notifications
  "channel-refused",
  "channel-unreachable",
  "notification-refused",
  // State database, event stream and backup
  "damaged-backup",
  "database-unavailable",
  "events-gone",
  "migration-failed",
  "migrations-missing",
  "newer-backup",
  "state-unavailable",
  "too-many-streams",
  // Git
  "authentication-refused",
  "branch-missing",
  "certificate-refused",
  "disk-full",
  "git-failed",
  "git-missing",
  "git-output-too-large",
  "host-key-changed",
  "host-key-unknown",
  "host-unreachable",
  "not-a-repository",
  "protocol-refused",
  "repository-empty",
  "repository-not-trusted",
  // Content of a commit
  "bundle-too-big",
  "commit-unsigned",
  "environment-missing",
  "not-text",
  "path-refused",
  "signature-expired",
  "signature-invalid",
  "signature-key-expired",
  "signature-key-revoked",
  "signature-untrusted",
  "signature-unverifiable",
  "submodule-refused",
  "symlink-refused",
  "too-many-files",
  "trusted-keys-unreadable",
  // Webhooks
  "delivery-too-old",
  "signature-refused",
  "too-many-deliveries",
  // Responses of a gateway
  "client-budget-exceeded",
  "collection-unavailable",
  "corrupt-release",
  "memory-budget-exceeded",
  "release-unavailable",
  "response-too-large",
  "unreadable-release",
  "worker-ended",
  // GIS databases
  "bad-value",
  "database-busy",
  "database-error",
  "database-unreachable",
  "result-too-large",
  "statement-timeout",
  "table-changed",
  "table-exists",
  "too-many-cursors",
  "too-many-long-statements",
  // Parameters of OGC API requests
  "invalid-filter",
  "invalid-forwarded-header",
  "invalid-parameter",
  "outside-crs",
  // CQL2 filters
  "invalid-character",
  "invalid-geometry",
  "invalid-instant",
  "invalid-number",
  "invalid-pattern",
  "not-expressible",
  "syntax",
  "too-deep",
  "too-long",
  "too-many-nodes",
  "too-many-vertices",
  "type-mismatch",
  "unknown-property",
  "unsupported-function",
  "unsupported-operand",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** An error as it is serialized on the bus. */
export const wireError = z.object({
  kind: errorKind,
  code: z.string().min(1),
  message: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type WireError = z.infer<typeof wireError>;

/** The reply to a call. */
export const wireReply = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: wireError }),
]);
