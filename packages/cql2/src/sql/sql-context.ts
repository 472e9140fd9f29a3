/** What a queryable holds; it decides what it may be compared with. */
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

/** The column behind a property. */
export interface PropertyColumn {
  /** The bare name, which may hold any character; it is quoted here. */
  readonly column: string;
  readonly type: PropertyType;
  /** Of a geometry: the column's SRID; the filter's when absent. */
  readonly srid?: number;
  /** Of an array: what it holds; strings when absent. */
  readonly items?: ItemType;
  /** Of a string: the column is cast to text, for enumerations and other types without its operators. */
  readonly asText?: boolean;
  /**
   * True if no value of the column can make a comparison with a constant of its type fail. This is so
   * for the plain types of PostgreSQL; absent for any other type. See `isErrorFree`.
   */
  readonly comparisonNeverFails?: boolean;
}

export type ItemType = "string" | "integer" | "number" | "boolean" | "date" | "datetime" | "uuid";

/** What a filter is compiled against. */
export interface SqlContext {
  /** By the name that filters use. */
  readonly properties: ReadonlyMap<string, PropertyColumn>;
  /** The number of the first parameter, from 1. */
  readonly firstParameter: number;
  /** The SRID of the filter's geometries (`filter-crs`); 4326, read as CRS84, when absent. */
  readonly filterSrid?: number;
  /** `north-east` when the first coordinate of the filter's CRS is the latitude or northing. */
  readonly filterAxisOrder?: "east-north" | "north-east";
  /** Whether the filter's coordinates are degrees; by default only in 4326. */
  readonly filterGeographic?: boolean;
  /** What the database has besides PostGIS. */
  readonly functions: { readonly unaccent: boolean };
}

/** A condition that may stand beside AND, with the values of its parameters in order. */
export interface SqlFragment {
  readonly text: string;
  readonly values: readonly string[];
}

/**
 * A filter whose conditions are separated by whether they may raise an error. A row is selected if all
 * error-free and all fallible conditions hold. All conditions may stand beside AND; `values` has their
 * parameters in order.
 */
export interface SplitSqlFragment {
  /** Conditions that never raise an error; indexes serve them. */
  readonly errorFree: readonly string[];
  /** Error-free conditions that hold for every row that the fallible ones select; indexes serve them. */
  readonly prefilters: readonly string[];
  /** Conditions that may raise an error on some rows. */
  readonly fallible: readonly string[];
  readonly values: readonly string[];
}
