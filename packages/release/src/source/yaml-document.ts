import { BUNDLE_LIMITS, type Problem } from "@honua/contracts";
import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  parseDocument,
  type Scalar,
  visit,
} from "yaml";
import { pointerSegments } from "./json-pointer.ts";
import { createLineIndex } from "./line-index.ts";
import type { ParsedDocument, Place } from "./source-document.ts";

/** Maximum number of errors reported for one file. Later errors usually follow from the first ones. */
const MAX_SYNTAX_ERRORS = 20;

/**
 * Parses one YAML 1.2 document (core schema): no duplicate keys, no aliases, at most 64 levels.
 *
 * @param file the path of the file in the repository, for the problems
 */
export function parseYamlDocument(file: string, content: string): ParsedDocument {
  const positionOf = createLineIndex(content);
  const place = (offset: number): Place => ({ file, ...positionOf(offset) });
  const problemOf = (offset: number, error: string) => invalidYaml(place(offset), error);

  const yaml = parseUnlessTooDeep(content);
  if (yaml === undefined) return { problems: [problemOf(0, "the brackets are nested too deeply")] };
  const deep = firstTooDeepNode(yaml);
  if (deep !== undefined) {
    return { problems: [problemOf(deep, `more than ${BUNDLE_LIMITS.jsonDepth} levels`)] };
  }
  const problems = [...yaml.errors, ...yaml.warnings]
    .slice(0, MAX_SYNTAX_ERRORS)
    .map((error) => problemOf(error.pos[0], error.message));
  problems.push(
    ...aliasOffsets(yaml).map((offset) => problemOf(offset, "aliases are not allowed")),
  );
  if (problems.length > 0) return { problems };

  const at = (node: unknown) => (isNode(node) && node.range ? place(node.range[0]) : undefined);
  return {
    problems,
    document: {
      file,
      value: yaml.toJS(),
      locate: (pointer) => at(yaml.getIn(pointerSegments(pointer) ?? ["\0"], true)),
      locateInside: (pointer, offset) => {
        const node = yaml.getIn(pointerSegments(pointer) ?? ["\0"], true);
        const found = isScalar(node) ? sourceOffset(content, node, offset) : undefined;
        return found === undefined ? undefined : place(found);
      },
      locateKey: (pointer) => {
        const segments = pointerSegments(pointer) ?? [];
        const parent = yaml.getIn(segments.slice(0, -1), true);
        if (!isMap(parent)) return undefined;
        const pair = parent.items.find(
          ({ key }) => isScalar(key) && String(key.value) === segments.at(-1),
        );
        return at(pair?.key);
      },
    },
  };
}

/**
 * The offset in the file of a character of a scalar. Folding and indentation change white space only,
 * so that other characters are counted. Undefined for a quoted scalar with escapes.
 */
function sourceOffset(content: string, scalar: Scalar, offset: number): number | undefined {
  const { range, type, value } = scalar;
  if (!range || typeof value !== "string") return undefined;
  const source = content.slice(range[0], range[1]);
  const isQuoted = type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE";
  if (isQuoted && source.slice(1, -1).match(/[\\']{2}|\\/)) return undefined;
  const isBlock = type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";
  let at = isBlock ? source.indexOf("\n") + 1 : Number(isQuoted);
  for (const _before of value.slice(0, offset).matchAll(/\S/g)) {
    at += source.slice(at).search(/\S/) + 1;
  }
  const following = /\S/.test(value.slice(offset)) ? source.slice(at).search(/\S/) : 0;
  return range[0] + at + following;
}

function invalidYaml(place: Place, error: string): Problem {
  const { file, line, column } = place;
  const message = `Invalid YAML in configuration file ${file} at line ${line}, column ${column}: ${error}`;
  return { code: "invalid-yaml", message, ...place };
}

/** Undefined for a file that exhausts the stack: the composer of the YAML library recurses. */
function parseUnlessTooDeep(content: string): Document.Parsed | undefined {
  try {
    return parseDocument(content, { prettyErrors: false, version: "1.2", schema: "core" });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The offset of the first collection below the deepest level that a document may have. */
function firstTooDeepNode(yaml: Document.Parsed): number | undefined {
  let found: number | undefined;
  visit(yaml, {
    Collection: (_key, node, ancestors) => {
      if (ancestors.filter(isCollection).length < BUNDLE_LIMITS.jsonDepth) return undefined;
      found = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return found;
}

/** Aliases are refused, because they let a small file expand without bound. A policy needs none. */
function aliasOffsets(yaml: Document.Parsed): number[] {
  const offsets: number[] = [];
  visit(yaml, {
    Alias: (_key, alias) => {
      offsets.push(alias.range?.[0] ?? 0);
    },
  });
  return offsets;
}
