export type { BooleanExpression, Expression } from "./ast.ts";
export { Cql2Error, type Cql2ErrorCode, type Cql2Position } from "./cql2-error.ts";
export type { Geometry, Position } from "./geometry.ts";
export { parseJson, parseJsonText } from "./json/parse-json.ts";
export { toJson } from "./json/write-json.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { isErrorFree } from "./sql/error-free.ts";
export type {
  ItemType,
  PropertyColumn,
  PropertyType,
  SplitSqlFragment,
  SqlContext,
  SqlFragment,
} from "./sql/sql-context.ts";
export { toSplitSql, toSql } from "./sql/to-sql.ts";
export { parseText } from "./text/parse-text.ts";
export { toText } from "./text/write-text.ts";
