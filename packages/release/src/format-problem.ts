import type { Problem } from "@honua/contracts";

/**
 * A problem on one line, in the form that editors and terminals turn into a link:
 * `environments/production/metadata.json:12:9 (/services/0/layers/0/srid): Message. Suggestion.`
 */
export function formatProblem(problem: Problem): string {
  const place = messageContainsPlace(problem) ? "" : formatPlace(problem);
  const advice = separateSuggestion(problem);
  return `${place === "" ? "" : `${place}: `}${problem.message}${advice}`.replaceAll(
    /\s*\n\s*/g,
    " ",
  );
}

/** Maximum number of problems shown. A configuration of 10,000 layers can have as many problems. */
const MAX_PROBLEMS = 200;

/** Problems, one per line: the error message of a deployment. */
export function formatProblems(problems: readonly Problem[]): string {
  const more = problems.length - MAX_PROBLEMS;
  const lines = problems.slice(0, MAX_PROBLEMS).map(formatProblem);
  return [
    ...lines,
    ...(more > 0 ? [`… and ${more} more. Run 'honua validate' to see all.`] : []),
  ].join("\n");
}

/**
 * Messages about a file or its syntax contain the place, in the wording that the runbook documents.
 */
function messageContainsPlace({ message, file, line }: Problem): boolean {
  if (file === undefined) return false;
  return message.includes(line === undefined ? file : `${file} at line ${line}, `);
}

function formatPlace({ file, line, column, pointer }: Problem): string {
  const position = line === undefined ? "" : `:${line}${column === undefined ? "" : `:${column}`}`;
  const named = file === undefined ? "" : `${file}${position}`;
  return [named, pointer ? `(${pointer})` : ""].filter((part) => part !== "").join(" ");
}

function separateSuggestion({ message, suggestion }: Problem): string {
  if (suggestion === undefined || message.endsWith(suggestion)) return "";
  const sentence = suggestion.charAt(0).toUpperCase() + suggestion.slice(1);
  return `${/[.?!]$/.test(message) ? "" : "."} ${sentence}`;
}
