import { findProgram, printLine, SetupProblem } from "./command.mjs";
import { asRoot } from "./debian-packages.mjs";

/**
 * A program that tests or the local stack start.
 *
 * @typedef {object} SystemProgram
 * @property {string} name
 * @property {string} reason what needs it
 * @property {string[]} packages the Debian packages that contain it
 * @property {boolean} optional without an optional program, its tests are skipped
 * @property {() => boolean} isInstalled
 * @property {(prefix: string[]) => void} install installs it with apt, as root
 * @property {string} [formula] the Homebrew formula that contains it
 * @property {() => void} [installWithHomebrew]
 * @property {() => boolean} [isWanted] whether to install it without being asked; default: yes
 */

/**
 * Installs the missing programs, after it has listed each one with the reason.
 *
 * With `HONUA_SETUP=never` nothing is installed.
 *
 * @param {SystemProgram[]} programs
 * @throws {SetupProblem} if a required program is missing and cannot or must not be installed
 */
export function ensureSystemPrograms(programs) {
  const missing = programs.filter((program) => !program.isInstalled());
  if (missing.length === 0) return;
  const mayInstall = process.env.HONUA_SETUP !== "never";
  const prefix = mayInstall ? asRoot() : undefined;
  const plan = mayInstall ? missing.flatMap((program) => installation(program, prefix)) : [];

  printLine("These programs are not installed on this machine:");
  for (const program of missing) printLine(describe(program));
  if (plan.length > 0) {
    printLine(`Installing ${plan.map(({ name }) => name).join(", ")}.`);
    printLine("Set HONUA_SETUP=never to install nothing on this machine.");
    for (const { name, install } of plan) {
      printLine(`Installing ${name} …`);
      install();
    }
  }
  report(missing.filter((program) => !program.isInstalled()));
}

function installation(program, prefix) {
  if (program.isWanted?.() === false) return [];
  if (prefix) return [{ name: program.name, install: () => program.install(prefix) }];
  if (program.installWithHomebrew && findProgram("brew"))
    return [{ name: program.name, install: program.installWithHomebrew }];
  return [];
}

function describe({ name, reason, packages, optional }) {
  const kind = optional ? "optional" : "required";
  return `  ${name} (${kind}): ${reason}. Debian packages: ${packages.join(", ")}.`;
}

function report(missing) {
  const required = missing.filter(({ optional }) => !optional);
  const skipped = missing.filter(({ optional }) => optional);
  if (skipped.length > 0)
    printLine(`Tests that need ${skipped.map(({ name }) => name).join(", ")} are skipped.`);
  if (required.length === 0) return;
  const packages = required.flatMap((program) => program.packages);
  const formulas = required.flatMap(({ formula }) => formula ?? []);
  throw new SetupProblem(
    [
      `Required programs are missing: ${required.map(({ name }) => name).join(", ")}.`,
      "Install them and run the command again:",
      `  Debian, Ubuntu: sudo apt-get install ${packages.join(" ")}`,
      ...(formulas.length > 0 ? [`  macOS: brew install ${formulas.join(" ")}`] : []),
    ].join("\n"),
  );
}
