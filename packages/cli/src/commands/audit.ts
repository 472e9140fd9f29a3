import {
  type ChainHead,
  type ChainProblem,
  createChainVerifier,
  formatHead,
  parseHead,
} from "@honua/audit";
import { type AuditEntry, auditChainEnd, auditEntry } from "@honua/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { readLines } from "../api/read-lines.ts";
import { readPages } from "../api/read-pages.ts";
import {
  type CommandContext,
  type CommonFlags,
  connect,
  show,
  withConnection,
} from "../command-context.ts";
import { CommandFailed, EXIT } from "../command-error.ts";
import { type Connection, findConnection } from "../connection/find-connection.ts";
import { parseLimit } from "../options/option-parsers.ts";
import { colors } from "../output/colours.ts";
import { columns } from "../output/render-value.ts";

interface AuditFlags extends CommonFlags {
  environment?: string;
  actor?: string;
  action?: string;
  limit: number;
  verify?: boolean;
  head?: ChainHead;
}

/** What came of checking the whole chain. */
interface Verification {
  sound: boolean;
  entries: number;
  /** `<sequence>:<hash>` of the last sound entry, to be remembered elsewhere. */
  head: string;
  problem: ChainProblem | null;
}

const line = z.union([auditEntry, auditChainEnd]);

/** `honua audit` */
export function auditCommand(program: Command, context: CommandContext): void {
  withConnection(program.command("audit"))
    .description("who did what to what, and how it ended; newest first")
    .option("--environment <name>", "only what concerns this environment")
    .option("--actor <actor>", "only what this one did, such as user:ana@example.com")
    .option("--action <action>", "only this action, such as environment.pause")
    .option("--limit <n>", "how many at most", parseLimit, 50)
    .option("--verify", "check the whole chain of hashes, from its first entry")
    .option("--head <sequence:hash>", "with --verify: an end that was noted earlier", headOf)
    .addHelpText(
      "after",
      "\nExamples:\n  honua audit --environment production\n  honua audit --verify\n" +
        '  honua audit --verify --head "$(cat noted-head)"\n' +
        "\n--verify ends with 1 at the first entry that is not sound. Keep the head that it prints\n" +
        "somewhere else: with it, not even whoever owns the database can cut the end off unseen.\n",
    )
    .action(async (flags: AuditFlags) => {
      if (flags.verify) return verify(context, flags);
      const { environment, actor, action, limit } = flags;
      const query = { environment, actor, action };
      const api = await connect(context, flags);
      const items = await readPages(api, "/api/gitops/audit", auditEntry, { limit, query });
      show(context, flags, items, formatEntries);
    });
}

async function verify(context: CommandContext, flags: AuditFlags): Promise<void> {
  const connection = await findConnection(flags, context.environment, context.directory);
  const verification = await verifyChain(connection, flags.head);
  show(context, flags, verification, ({ sound, entries, head, problem }) =>
    sound
      ? `${colors.green("The audit trail is sound")}: ${entries} entries, head ${head}`
      : `${colors.red("The audit trail is broken")} at entry ${problem?.sequence}: ${problem?.message}\n` +
        `Sound up to ${head}`,
  );
  if (!verification.sound) throw new CommandFailed("", EXIT.failed);
}

/** Reads the chain as it arrives, keeping nothing of it, and stops at the first thing wrong. */
async function verifyChain(
  connection: Connection,
  remembered: ChainHead | undefined,
): Promise<Verification> {
  const verifier = createChainVerifier(remembered);
  const outcome = (problem: ChainProblem | undefined): Verification => ({
    sound: problem === undefined,
    entries: verifier.head().sequence,
    head: formatHead(verifier.head()),
    problem: problem ?? null,
  });
  for await (const text of readLines(connection, "/api/gitops/audit/chain")) {
    const parsed = line.safeParse(jsonOf(text));
    if (!parsed.success) {
      const sequence = verifier.head().sequence + 1;
      return outcome({ sequence, message: `entry ${sequence} is not an audit entry` });
    }
    if ("head" in parsed.data) return outcome(verifier.verifyEnd(parsed.data.head));
    const problem = verifier.verifyNext(parsed.data);
    if (problem) return outcome(problem);
  }
  throw new CommandFailed(
    `The answer broke off after entry ${verifier.head().sequence}; nothing is known of the rest. Try again.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function headOf(text: string): ChainHead {
  const head = parseHead(text);
  if (head) return head;
  throw new InvalidArgumentError("It is <sequence>:<hash>, as --verify prints it.");
}

const COLOURS: Partial<Record<AuditEntry["outcome"], (text: string) => string>> = {
  done: colors.green,
  refused: colors.yellow,
  denied: colors.red,
  failed: colors.red,
};

function formatEntries(entries: AuditEntry[]): string {
  if (entries.length === 0) return "Nothing was recorded.";
  return columns(
    ["AT", "ENVIRONMENT", "ACTOR", "ACTION", "OUTCOME", "TARGET", "DETAIL"],
    entries.map(({ at, environment, actor, recordedBy, action, outcome, target, detail }) => [
      at.slice(0, 19).replace("T", " "),
      environment ?? "-",
      recordedBy ? `${actor} (by ${recordedBy})` : actor,
      action,
      COLOURS[outcome]?.(outcome) ?? outcome,
      target ?? "-",
      summaryOf(detail),
    ]),
  );
}

/** What says most, in one line. */
function summaryOf(detail: AuditEntry["detail"]): string {
  const { message, reason, errorMessage, rule, to, commit } = detail;
  const short = typeof commit === "string" ? `commit ${commit.slice(0, 7)}` : undefined;
  const told = [message, reason, errorMessage, rule, to, short].find(
    (value): value is string => typeof value === "string" && value !== "",
  );
  return told?.split("\n", 1)[0] ?? "";
}
