import { BUNDLE_LIMITS, type Problem } from "@honua/contracts";
import { getNodePath, getNodeValue, type Node, type ParseError, parseTree } from "jsonc-parser";
import { jsonPointer, pointerSegments } from "./json-pointer.ts";
import { describeSyntaxErrors, scanBrackets } from "./json-syntax.ts";
import { createLineIndex } from "./line-index.ts";
import { parsePlainJson } from "./parse-plain-json.ts";
import type { ParsedDocument, Place, SourceDocument } from "./source-document.ts";

/**
 * Parses strict JSON (RFC 8259): no comments, no trailing commas, no duplicate keys, at most 64
 * levels. Each problem has its line and column. A byte order mark is skipped.
 *
 * @param file the path of the file in the repository, for the problems
 */
export function parseJsonDocument(file: string, content: string): ParsedDocument {
  const text = content.replace(/^\uFEFF/, "");
  let positionOf: ReturnType<typeof createLineIndex> | undefined;
  const place = (offset: number): Place => {
    positionOf ??= createLineIndex(text);
    return { file, ...positionOf(offset) };
  };

  const { deep, members } = scanBrackets(text, BUNDLE_LIMITS.jsonDepth);
  if (deep !== undefined) {
    const message = `Brackets are nested more than ${BUNDLE_LIMITS.jsonDepth} levels deep.`;
    return { problems: [{ code: "too-deep", message, ...place(deep) }] };
  }
  const plain = parsePlainJson(text, members);
  if (plain)
    return { document: jsonDocument(file, plain.value, () => treeOf(text), place), problems: [] };

  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  if (root === undefined || errors.length > 0) {
    const problems = describeSyntaxErrors(text, errors).map(({ offset, message }) =>
      syntaxProblem(place(offset), message),
    );
    return { problems };
  }

  const problems = contentProblems(root, place);
  if (problems.length > 0) return { problems };
  return { document: jsonDocument(file, getNodeValue(root), () => root, place), problems };
}

function syntaxProblem(place: Place, error: string): Problem {
  const { file, line, column } = place;
  const message = `Invalid JSON in configuration file ${file} at line ${line}, column ${column}: ${error}`;
  return { code: "invalid-json", message, ...place };
}

/** Parses a text that is known to be JSON. */
function treeOf(text: string): Node {
  const root = parseTree(text);
  if (root === undefined) throw new TypeError("The JSON text has no value.");
  return root;
}

/** @param tree parses the text for its positions; called when the first position is needed */
function jsonDocument(
  file: string,
  value: unknown,
  tree: () => Node,
  place: (offset: number) => Place,
): SourceDocument {
  let known: Node | undefined;
  const root = () => {
    known ??= tree();
    return known;
  };
  const at = (node: Node | undefined) => (node === undefined ? undefined : place(node.offset));
  return {
    file,
    value,
    locate: (pointer) => at(nodeAt(root(), pointer)),
    locateKey: (pointer) => {
      const parent = nodeAt(root(), pointer)?.parent;
      return at(parent?.type === "property" ? parent.children?.[0] : undefined);
    },
  };
}

function nodeAt(root: Node, pointer: string): Node | undefined {
  let node: Node | undefined = root;
  for (const segment of pointerSegments(pointer) ?? ["\0"]) {
    if (node?.type === "array")
      node = /^\d+$/.test(segment) ? node.children?.[Number(segment)] : undefined;
    else if (node?.type === "object") {
      node = node.children?.find((child) => child.children?.[0]?.value === segment)?.children?.[1];
    } else return undefined;
  }
  return node;
}

/** Finds valid JSON that cannot be stored: duplicate keys and unsupported characters. */
function contentProblems(root: Node, place: (offset: number) => Place): Problem[] {
  const problems: Problem[] = [];
  const report = (code: string, message: string, node: Node) => {
    const pointer = jsonPointer(getNodePath(node));
    problems.push({ code, message, pointer, ...place(node.offset) });
  };
  const inspect = (node: Node): void => {
    // PostgreSQL cannot store U+0000, and RFC 8785 has no form for a lone surrogate.
    if (node.type === "string" && (node.value.includes("\0") || !node.value.isWellFormed())) {
      const message = "A string contains a NUL character or half of a surrogate pair.";
      report("invalid-character", message, node);
    }
    if (node.type === "object") {
      for (const { key, first } of duplicateKeys(node)) {
        const { line } = place(first.offset);
        report(
          "duplicate-key",
          `Duplicate key "${key.value}". It is first used in line ${line}.`,
          key,
        );
      }
    }
    node.children?.forEach(inspect);
  };
  inspect(root);
  return problems;
}

function duplicateKeys(object: Node): { key: Node; first: Node }[] {
  const seen = new Map<string, Node>();
  return (object.children ?? []).flatMap(({ children }) => {
    const key = children?.[0];
    if (key === undefined) return [];
    const first = seen.get(key.value);
    if (first !== undefined) return [{ key, first }];
    seen.set(key.value, key);
    return [];
  });
}
