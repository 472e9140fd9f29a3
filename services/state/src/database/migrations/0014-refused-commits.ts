import { type Kysely, sql } from "kysely";

const statements = [
  sql`
    create table refused_commits (
      sequence bigint generated always as identity primary key,
      environment text not null references environments (name),
      commit_id text not null,
      commit_info json not null,
      code text not null,
      reason text not null,
      at timestamptz not null,
      resolved_at timestamptz
    )
  `,
  // An environment has one branch head, so it has at most one open refusal.
  sql`
    create unique index refused_commits_standing on refused_commits (environment)
    where resolved_at is null
  `,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
