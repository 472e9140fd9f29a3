import { isPrepared, prepareTemplate, TEMPLATE_KINDS } from "./database-template.ts";

/** Part of the installation: makes the templates of the local stack's databases, once. */
const forever = new AbortController().signal;
if (!TEMPLATE_KINDS.every(isPrepared)) {
  process.stdout.write("Preparing the sample databases (once) …\n");
  await Promise.all(TEMPLATE_KINDS.map((kind) => prepareTemplate(kind, forever)));
}
