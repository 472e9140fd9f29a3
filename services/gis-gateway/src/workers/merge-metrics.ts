import type { WorkerReply } from "./worker-messages.ts";

const SAMPLE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?( .+)$/;
const HEADER = /^# (?:HELP|TYPE|UNIT) (\S+)/;

/**
 * Merges the metrics of all workers into one text in the Prometheus format. Each series gets the label
 * `worker`; each metric has its description once, followed by all of its series.
 */
export function mergeMetrics(texts: readonly WorkerReply[]): string {
  const families = new Map<string, { header: Set<string>; samples: string[] }>();
  for (const { worker, text } of texts) {
    let family = { header: new Set<string>(), samples: [] as string[] };
    for (const line of text.split("\n")) {
      const name = HEADER.exec(line)?.[1];
      if (name !== undefined) {
        family = families.get(name) ?? { header: new Set(), samples: [] };
        families.set(name, family);
        family.header.add(line);
      } else {
        const sample = SAMPLE.exec(line);
        if (sample) family.samples.push(addWorkerLabel(sample, worker));
      }
    }
  }
  const lines = [...families.values()].flatMap(({ header, samples }) => [...header, ...samples]);
  return `${lines.join("\n")}\n`;
}

function addWorkerLabel([, name, labels, rest]: RegExpExecArray, worker: number): string {
  const label = `worker="${worker}"`;
  return `${name}{${labels ? `${label},${labels}` : label}}${rest}`;
}
