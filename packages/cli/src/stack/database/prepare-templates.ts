import { isTemplatePrepared, prepareTemplate, TEMPLATE_KINDS } from "./database-template.ts";

/** Installation step: creates the database templates of the local stack, unless they exist. */
const neverAborted = new AbortController().signal;
if (!TEMPLATE_KINDS.every(isTemplatePrepared)) {
  process.stdout.write("Preparing the sample databases (once) …\n");
  await Promise.all(TEMPLATE_KINDS.map((kind) => prepareTemplate(kind, neverAborted)));
}
