import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { forbiddenPart } from "./forbidden-part.ts";
import { RULE_TYPES } from "./rule-variables.ts";

/** Maximum length of a condition, in characters. */
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

/** A parsed condition: a function that evaluates it, or the error with its offset. */
export type Condition =
  | { readonly ok: true; readonly evaluate: (facts: Record<string, unknown>) => unknown }
  | { readonly ok: false; readonly message: string; readonly offset: number };

/** Parses a condition and checks its types, without evaluating it. */
export function readCondition(source: string): Condition {
  if (source.length > MAX_CONDITION_CHARACTERS) {
    const message = `must have at most ${MAX_CONDITION_CHARACTERS} characters`;
    return { ok: false, message, offset: MAX_CONDITION_CHARACTERS };
  }
  try {
    const parsed = language.parse(source);
    const refused = forbiddenPart(parsed.ast);
    if (refused) return { ok: false, ...refused };
    const checked = parsed.check();
    if (checked.error) return invalidCondition(checked.error);
    if (checked.type !== "bool" && checked.type !== "dyn") {
      return notBoolean(parsed.ast, checked.type);
    }
    return { ok: true, evaluate: (facts) => parsed(facts) };
  } catch (error) {
    return invalidCondition(error);
  }
}

function notBoolean(ast: ASTNode, type: string | undefined): Condition {
  return {
    ok: false,
    message: `has the result type ${type ?? "unknown"} instead of bool`,
    offset: ast.start,
  };
}

/** Errors of the CEL library have a one-line summary and an offset. */
function invalidCondition(error: unknown): Condition {
  const { summary, range } = error as { summary?: string; range?: { start: number } };
  if (summary === undefined) throw error;
  return { ok: false, message: `is not valid CEL: ${summary}`, offset: range?.start ?? 0 };
}
