import type { Command } from "commander";
import { type CommandContext, printResult } from "../command-context.ts";
import { CommandError, EXIT } from "../command-error.ts";
import { diagnoseSystem, type Finding } from "../diagnosis/diagnose-system.ts";
import { findServices, SERVICE_URL_VARIABLES } from "../diagnosis/find-services.ts";
import { addOutputOption, formatExamples, formatHelpParagraph } from "../options/shared-options.ts";
import { colourStatus } from "../output/colours.ts";
import type { OutputFormat } from "../output/render-value.ts";
import { formatTable } from "../output/tables.ts";

/** Adds `honua doctor`, which checks each part of the system. */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  const variables = Object.values(SERVICE_URL_VARIABLES).join(", ");
  addOutputOption(program.command("doctor"))
    .description("check every part of the system and explain what is wrong")
    .option("--home <directory>", "home of the local stack")
    .addHelpText(
      "after",
      formatHelpParagraph(
        `Without a local stack, the URLs of the services are read from ${variables}.`,
      ) + formatExamples("honua doctor", "honua doctor -o json"),
    )
    .action(async (flags: { home?: string; output: OutputFormat }) => {
      const services = await findServices(context, flags.home);
      const findings = await diagnoseSystem(services);
      printResult(context, flags, findings, formatFindings);
      if (findings.some(({ status }) => status !== "Healthy")) {
        throw new CommandError("", EXIT.failed);
      }
    });
}

function formatFindings(findings: Finding[], width: number): string {
  return formatTable(
    ["CHECK", "STATUS", "DETAIL"],
    findings.map(({ what, status, detail }) => [what, colourStatus(status), detail]),
    width,
  );
}
