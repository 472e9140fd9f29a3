import type { CommitInfo, Plan } from "@honua/contracts";
import { type Meter, meteredList, recordClass } from "./metered-value.ts";

/** The facts that a condition can refer to. */
export interface RuleFacts {
  readonly plan: Omit<Plan, "decision" | "planDigest" | "fromRelease" | "toRelease">;
  /** Undefined for a plan without a commit. */
  readonly commit: CommitInfo | undefined;
  readonly environment: string;
}

const text = "string";

/**
 * The fields of each type, with their CEL types. Fields that may be null or have any type are `dyn`.
 * All other fields are checked before a policy is accepted, so that the pull request reports a
 * mistyped field.
 */
const FIELDS = {
  Plan: {
    environment: text,
    fromCommit: "dyn",
    toCommit: text,
    riskLevel: text,
    hasBreakingChanges: "bool",
    changes: "list<Change>",
    unavailable: "list<Unavailable>",
    estimatedDurationSeconds: "dyn",
  },
  Change: {
    action: text,
    type: text,
    id: text,
    path: text,
    file: text,
    before: "dyn",
    after: "dyn",
    risk: text,
    breaking: "bool",
    reason: text,
  },
  Unavailable: { collection: text, url: text },
  Commit: {
    id: text,
    repository: text,
    branch: text,
    author: "Person",
    committer: "Person",
    message: text,
    committedAt: "google.protobuf.Timestamp",
  },
  Person: { name: text, email: text },
} as const;

const Change = recordClass(Object.keys(FIELDS.Change));
const Unavailable = recordClass(Object.keys(FIELDS.Unavailable));
const Person = recordClass(Object.keys(FIELDS.Person));
const PlanRecord = recordClass(Object.keys(FIELDS.Plan), {
  changes: (items: object[], meter) => meteredList(items, Change, meter),
  unavailable: (items: object[], meter) => meteredList(items, Unavailable, meter),
});
const person = (value: { name: string; email: string }, meter: Meter) => new Person(value, meter);
const Commit = recordClass(Object.keys(FIELDS.Commit), {
  author: person,
  committer: person,
  committedAt: (instant: string) => new Date(instant),
});

/** The types of the variables, by their names in messages. */
export const RULE_TYPES = {
  Plan: { ctor: PlanRecord, fields: FIELDS.Plan },
  Change: { ctor: Change, fields: FIELDS.Change },
  Unavailable: { ctor: Unavailable, fields: FIELDS.Unavailable },
  Commit: { ctor: Commit, fields: FIELDS.Commit },
  Person: { ctor: Person, fields: FIELDS.Person },
};

/** The variables of a condition. `commit` is absent if the commit is not known. */
export function ruleVariables({ plan, commit, environment }: RuleFacts, meter: Meter) {
  return {
    environment,
    plan: new PlanRecord({ ...plan }, meter),
    ...(commit && { commit: new Commit({ ...commit }, meter) }),
  };
}
