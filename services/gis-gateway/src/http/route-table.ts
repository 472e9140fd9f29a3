import { httpProblem } from "@honua/service-kit";

/** Values of the parameters in a pattern, by name. */
export type RouteParameters = Readonly<Record<string, string>>;

/** The route of a path. */
export interface Route<Handler> {
  pattern: string;
  parameters: RouteParameters;
  handler: Handler;
}

/** Finds the handler of a path. The time depends on the number of segments, not of patterns. */
export interface RouteTable<Handler> {
  /** @param pattern of fixed segments and parameters: `/collections/:id` */
  add(pattern: string, handler: Handler): void;
  /**
   * Ignores a trailing slash.
   *
   * @throws HttpProblem 400 for a segment with invalid percent-encoding
   */
  find(path: string): Route<Handler> | undefined;
}

interface Node<Handler> {
  byName: Map<string, Node<Handler>>;
  parameter?: { name: string; node: Node<Handler> };
  end?: { pattern: string; handler: Handler };
}

export function createRouteTable<Handler>(): RouteTable<Handler> {
  const root: Node<Handler> = { byName: new Map() };
  return {
    add(pattern, handler) {
      let node = root;
      for (const segment of segmentsOf(pattern)) node = nodeBelow(node, segment);
      node.end = { pattern, handler };
    },
    find(path) {
      const parameters: Record<string, string> = {};
      const end = findEnd(root, segmentsOf(path), 0, parameters);
      return end && { ...end, parameters };
    },
  };
}

function segmentsOf(path: string): string[] {
  const segments = path.slice(1).split("/");
  if (segments.at(-1) === "") segments.pop();
  return segments;
}

function nodeBelow<Handler>(node: Node<Handler>, segment: string): Node<Handler> {
  if (segment.startsWith(":")) {
    node.parameter ??= { name: segment.slice(1), node: { byName: new Map() } };
    return node.parameter.node;
  }
  const known = node.byName.get(segment) ?? { byName: new Map() };
  node.byName.set(segment, known);
  return known;
}

/** Prefers a fixed segment to a parameter. If the fixed one has no route, the parameter is tried. */
function findEnd<Handler>(
  node: Node<Handler>,
  segments: readonly string[],
  at: number,
  parameters: Record<string, string>,
): Node<Handler>["end"] {
  const segment = segments[at];
  if (segment === undefined) return node.end;
  const named = node.byName.get(segment);
  const end = named && findEnd(named, segments, at + 1, parameters);
  if (end) return end;
  const { parameter } = node;
  if (!parameter || segment === "") return undefined;
  const found = findEnd(parameter.node, segments, at + 1, parameters);
  if (found) parameters[parameter.name] = decodeSegment(segment);
  return found;
}

function decodeSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw httpProblem(
      "invalid-path",
      `The path segment '${segment}' has invalid percent-encoding.`,
    );
  }
}
