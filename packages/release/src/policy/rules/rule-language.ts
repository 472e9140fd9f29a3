import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { refusedPart } from "./forbidden-part.ts";
import { RULE_TYPES } from "./rule-variables.ts";

/** Characters of one condition. */
export const MAX_CONDITION_CHARACTERS = 2_000;

const language = new Environment({
  limits: {
    maxAstNodes: 256,
    maxDepth: 24,
    maxListElements: 64,
    maxMapEntries: 16,
    maxCallArguments: 4,
  },
});
for (const [name, type] of Object.entries(RULE_TYPES)) language.registerType(name, type);
language
  .registerVariable("plan", "Plan")
  .registerVariable("commit", "Commit")
  .registerVariable("environment", "string");

/** A condition that was read: what it gives for some facts, or what is wrong with it. */
export type Condition =
  | { readonly ok: true; readonly evaluate: (facts: Record<string, unknown>) => unknown }
  | { readonly ok: false; readonly message: string; readonly offset: number };

/** Reads a condition and checks its types; evaluates nothing. */
export function readCondition(source: string): Condition {
  if (source.length > MAX_CONDITION_CHARACTERS) {
    const message = `must have at most ${MAX_CONDITION_CHARACTERS} characters`;
    return { ok: false, message, offset: MAX_CONDITION_CHARACTERS };
  }
  try {
    const parsed = language.parse(source);
    const refused = refusedPart(parsed.ast);
    if (refused) return { ok: false, ...refused };
    const checked = parsed.check();
    if (checked.error) return failure(checked.error);
    if (checked.type !== "bool" && checked.type !== "dyn") {
      return notBoolean(parsed.ast, checked.type);
    }
    return { ok: true, evaluate: (facts) => parsed(facts) };
  } catch (error) {
    return failure(error);
  }
}

function notBoolean(ast: ASTNode, type: string | undefined): Condition {
  return {
    ok: false,
    message: `gives ${type ?? "no value"}, not true or false`,
    offset: ast.start,
  };
}

/** The library's errors carry a summary of one line, and where in the text they are. */
function failure(error: unknown): Condition {
  const { summary, range } = error as { summary?: string; range?: { start: number } };
  if (summary === undefined) throw error;
  return { ok: false, message: `is not valid CEL: ${summary}`, offset: range?.start ?? 0 };
}
