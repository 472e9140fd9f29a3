import { Cql2Error, type Cql2Position } from "./cql2-error.ts";

/** The maximum size of a filter. */
export interface Limits {
  /** UTF-16 code units of the text, or of all strings and names of the JSON value together. */
  readonly maxLength: number;
  /** Levels of the syntax tree. */
  readonly maxDepth: number;
  /** Nodes of the syntax tree. */
  readonly maxNodes: number;
  /** Positions of all geometries together. */
  readonly maxVertices: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxLength: 16_384,
  maxDepth: 64,
  maxNodes: 4_096,
  maxVertices: 10_000,
};

/** Counts the parts of a filter while it is parsed. Throws a Cql2Error when a limit is exceeded. */
export interface Budget<Place> {
  node(place: Place): void;
  vertex(place: Place): void;
  characters(count: number, place: Place): void;
}

export function createBudget<Place>(
  limits: Limits,
  locate: (place: Place) => Cql2Position,
): Budget<Place> {
  let [nodes, vertices, characters] = [0, 0, 0];
  return {
    node(place) {
      nodes += 1;
      if (nodes > limits.maxNodes) {
        const message = `The filter has more than ${limits.maxNodes} parts.`;
        throw new Cql2Error("too-many-nodes", message, locate(place));
      }
    },
    vertex(place) {
      vertices += 1;
      if (vertices > limits.maxVertices) {
        const message = `The geometries of the filter have more than ${limits.maxVertices} positions.`;
        throw new Cql2Error("too-many-vertices", message, locate(place));
      }
    },
    characters(count, place) {
      characters += count;
      if (characters > limits.maxLength) throw tooLong(limits, locate(place));
    },
  };
}

export function tooLong(limits: Limits, position: Cql2Position): Cql2Error {
  const message = `The filter is longer than ${limits.maxLength} characters.`;
  return new Cql2Error("too-long", message, position);
}

export function tooDeep(limits: Limits, position: Cql2Position): Cql2Error {
  const message = `The filter is nested more than ${limits.maxDepth} levels deep.`;
  return new Cql2Error("too-deep", message, position);
}
