import type { Expression } from "../ast.ts";
import { invalidCharacterAt } from "../characters.ts";
import { Cql2Error, type Cql2ErrorCode } from "../cql2-error.ts";
import { createBudget, type Limits, tooDeep } from "../limits.ts";
import {
  describeExpression,
  isAllowedInRole,
  ROLE_DESCRIPTIONS,
  type Role,
  type RoleTypes,
} from "../roles.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Shared by the functions that read the parts of a JSON filter. Positions are JSON pointers (RFC
 * 6901).
 */
export interface JsonReader {
  /** Reads any expression and counts it. */
  expression(value: unknown, pointer: string): Expression;
  /** Reads an expression that the grammar must allow in the role. */
  inRole<R extends Role>(role: R, value: unknown, pointer: string): RoleTypes[R];
  /** Reads a string. Characters that CQL2 does not allow are refused. */
  string(value: unknown, pointer: string): string;
  /** Reads an array with a length in the range. */
  array(value: unknown, pointer: string, least: number, most?: number): readonly unknown[];
  /** Refuses all other members, because an unknown member must not be ignored. */
  onlyMembers(object: JsonObject, pointer: string, names: readonly string[]): void;
  vertex(pointer: string): void;
  fail(message: string, pointer: string, code?: Cql2ErrorCode): never;
}

/** @param read reads one expression; a parameter, because the grammar is recursive */
export function createReader(
  limits: Limits,
  read: (reader: JsonReader, value: unknown, pointer: string) => Expression,
): JsonReader {
  const budget = createBudget<string>(limits, (pointer) => ({ pointer }));
  let depth = 0;
  const reader: JsonReader = {
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
      if (!isAllowedInRole(expression, role)) {
        const found = describeExpression(expression);
        return reader.fail(`Expected ${ROLE_DESCRIPTIONS[role]}, found ${found}.`, pointer);
      }
      return expression as RoleTypes[R];
    },
    string(value, pointer) {
      if (typeof value !== "string") return reader.fail("Expected a string.", pointer);
      budget.characters(value.length, pointer);
      if (invalidCharacterAt(value) < 0) return value;
      const message = "The string contains a control character or half a surrogate pair.";
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
        reader.fail(`The member "${shown}" is not allowed here.`, childPointer(pointer, name));
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
export function childPointer(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
