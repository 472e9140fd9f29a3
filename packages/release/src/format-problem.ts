import type { Problem } from "@honua/contracts";

/**
 * A problem on one line, as editors and terminals link it:
 * `environments/production/metadata.json:12:9 (/services/0/layers/0/srid): message. suggestion`.
 */
export function formatProblem(problem: Problem): string {
  const place = namesItsPlace(problem) ? "" : formatPlace(problem);
  const advice = adviceBeyondMessage(problem);
  return `${place === "" ? "" : `${place}: `}${problem.message}${advice}`.replaceAll(
    /\s*\n\s*/g,
    " ",
  );
}

/** Problems that people read at once; a configuration of ten thousand layers can have as many. */
const MOST_PROBLEMS = 200;

/** Problems, one a line: what people read as the error message of a deployment. */
export function formatProblems(problems: readonly Problem[]): string {
  const more = problems.length - MOST_PROBLEMS;
  const lines = problems.slice(0, MOST_PROBLEMS).map(formatProblem);
  return [...lines, ...(more > 0 ? [`… and ${more} more; 'honua validate' shows all`] : [])].join(
    "\n",
  );
}

/** Messages about a whole file or its syntax begin with where, in the words people search for. */
function namesItsPlace({ message, file, line }: Problem): boolean {
  if (file === undefined) return false;
  return message.includes(line === undefined ? file : `${file} at line ${line}, `);
}

function formatPlace({ file, line, column, pointer }: Problem): string {
  const position = line === undefined ? "" : `:${line}${column === undefined ? "" : `:${column}`}`;
  const named = file === undefined ? "" : `${file}${position}`;
  return [named, pointer ? `(${pointer})` : ""].filter((part) => part !== "").join(" ");
}

function adviceBeyondMessage({ message, suggestion }: Problem): string {
  if (suggestion === undefined || message.endsWith(suggestion)) return "";
  const sentence = suggestion.charAt(0).toUpperCase() + suggestion.slice(1);
  return `${/[.?!]$/.test(message) ? "" : "."} ${sentence}`;
}
