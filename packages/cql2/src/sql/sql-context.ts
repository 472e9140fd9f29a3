/** The type of a queryable. It determines the allowed comparisons. */
export type PropertyType =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "date"
  | "datetime"
  | "time"
  | "uuid"
  | "json"
  | "array"
  | "geometry";

/** The column of a property. */
export interface PropertyColumn {
  /** The name without quotes. It can contain any character. */
  readonly column: string;
  readonly type: PropertyType;
  /** For a geometry: the SRID of the column. Defaults to that of the filter. */
  readonly srid?: number;
  /** For an array: the type of its items. Defaults to strings. */
  readonly items?: ItemType;
  /**
   * For a string: cast the column to text, for enumerations and other types without text operators.
   */
  readonly asText?: boolean;
  /**
   * True if no value of the column can make a comparison with a constant of its type fail. This is so
   * for the plain types of PostgreSQL; absent for any other type. See `isErrorFree`.
   */
  readonly comparisonNeverFails?: boolean;
}

export type ItemType = "string" | "integer" | "number" | "boolean" | "date" | "datetime" | "uuid";

/** The columns and functions for compiling a filter. */
export interface SqlContext {
  /** Columns by their names in filters. */
  readonly properties: ReadonlyMap<string, PropertyColumn>;
  /** The number of the first parameter, from 1. */
  readonly firstParameter: number;
  /**
   * The SRID of the filter's geometries (`filter-crs`). Defaults to 4326 with the axes of CRS84.
   */
  readonly filterSrid?: number;
  /** `north-east` if the first coordinate of the filter's CRS is the latitude or northing. */
  readonly filterAxisOrder?: "east-north" | "north-east";
  /** True if the filter's coordinates are degrees. Defaults to true for 4326 only. */
  readonly filterGeographic?: boolean;
  /** The functions that the database has in addition to PostGIS. */
  readonly functions: { readonly unaccent: boolean };
}

/** A condition that can be combined with AND, and the values of its parameters in order. */
export interface SqlFragment {
  readonly text: string;
  readonly values: readonly string[];
}

/**
 * A filter whose conditions are separated by whether they may raise an error. A row is selected if all
 * error-free and all fallible conditions hold. All conditions can be combined with AND; `values` has their
 * parameters in order.
 */
export interface SplitSqlFragment {
  /** Conditions that never raise an error; indexes serve them. */
  readonly errorFree: readonly string[];
  /**
   * Error-free conditions that hold for every row that the fallible ones select; indexes serve
   * them.
   */
  readonly prefilters: readonly string[];
  /** Conditions that may raise an error on some rows. */
  readonly fallible: readonly string[];
  readonly values: readonly string[];
}
