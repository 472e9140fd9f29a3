import type { Expression } from "../ast.ts";
import { invalidCharacterAt } from "../characters.ts";
import { Cql2Error, type Cql2ErrorCode } from "../cql2-error.ts";
import { createBudget, type Limits, tooDeep } from "../limits.ts";
import { describeExpression, playsRole, ROLE_NAMES, type Role, type RoleTypes } from "../roles.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** What the functions that read parts of a JSON filter share; places are JSON pointers (RFC 6901). */
export interface Reader {
  /** Reads any expression and counts it. */
  expression(value: unknown, pointer: string): Expression;
  /** Reads an expression that the grammar must allow at a place of this role. */
  inRole<R extends Role>(role: R, value: unknown, pointer: string): RoleTypes[R];
  /** A string without characters that CQL2 has no place for. */
  string(value: unknown, pointer: string): string;
  /** An array whose length lies in the range. */
  array(value: unknown, pointer: string, least: number, most?: number): readonly unknown[];
  /** Refuses members beyond these: what is not understood must not be passed over. */
  onlyMembers(object: JsonObject, pointer: string, names: readonly string[]): void;
  vertex(pointer: string): void;
  fail(message: string, pointer: string, code?: Cql2ErrorCode): never;
}

/** @param read reads one expression; given from outside, since the grammar is recursive. */
export function createReader(
  limits: Limits,
  read: (reader: Reader, value: unknown, pointer: string) => Expression,
): Reader {
  const budget = createBudget<string>(limits, (pointer) => ({ pointer }));
  let depth = 0;
  const reader: Reader = {
    expression(value, pointer) {
      budget.node(pointer);
      depth += 1;
      if (depth > limits.maxDepth) throw tooDeep(limits, { pointer });
      const expression = read(reader, value, pointer);
      depth -= 1;
      return expression;
    },
    inRole<R extends Role>(role: R, value: unknown, pointer: string) {
      const expression = reader.expression(value, pointer);
      if (!playsRole(expression, role)) {
        const found = describeExpression(expression);
        return reader.fail(`Expected ${ROLE_NAMES[role]}, found ${found}.`, pointer);
      }
      return expression as RoleTypes[R];
    },
    string(value, pointer) {
      if (typeof value !== "string") return reader.fail("Expected a string.", pointer);
      budget.characters(value.length, pointer);
      if (invalidCharacterAt(value) < 0) return value;
      const message = "The string has a control character or half a surrogate pair.";
      return reader.fail(message, pointer, "invalid-character");
    },
    array(value, pointer, least, most = Number.POSITIVE_INFINITY) {
      if (!Array.isArray(value)) return reader.fail("Expected an array.", pointer);
      if (value.length >= least && value.length <= most) return value;
      const wanted = least === most ? `${least}` : `${least} or more`;
      return reader.fail(`Expected ${wanted} items, found ${value.length}.`, pointer);
    },
    onlyMembers(object, pointer, names) {
      for (const name of Object.keys(object)) {
        if (names.includes(name)) continue;
        const shown = name.length > 32 ? `${name.slice(0, 32)}…` : name;
        reader.fail(`The member "${shown}" has no meaning here.`, child(pointer, name));
      }
    },
    vertex: (pointer) => budget.vertex(pointer),
    fail(message, pointer, code = "syntax") {
      throw new Cql2Error(code, message, { pointer });
    },
  };
  return reader;
}

/** The JSON pointer of a member or item. */
export function child(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
