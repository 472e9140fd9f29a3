import type { Problem, Settings } from "@honua/contracts";
import { mergePatch } from "../source/merge-patch.ts";
import { parseSource } from "../source/parse-source.ts";
import { type SettingsSource, settingsSource } from "../source/settings-source.ts";
import { overlaidDocument, problemAt, type SourceDocument } from "../source/source-document.ts";

/** The default number of features per page. */
export const DEFAULT_LIMIT = 10;
/** The default maximum number of features per page. */
export const DEFAULT_MAX_LIMIT = 10_000;
/** The settings of an environment that has no settings file. */
export const DEFAULT_SETTINGS: Settings = {
  defaultLimit: DEFAULT_LIMIT,
  maxLimit: DEFAULT_MAX_LIMIT,
};

/**
 * Merges the settings files (RFC 7396, later files take precedence) and fills in the defaults.
 *
 * @param files shared-config.json and appsettings.json, if they exist, in this order
 */
export function compileSettings(files: readonly SourceDocument[]): {
  settings: Settings;
  problems: readonly Problem[];
} {
  const [strongest, ...weaker] = files.toReversed();
  if (strongest === undefined) return { settings: DEFAULT_SETTINGS, problems: [] };
  const merged = files.reduce<unknown>((below, { value }) => mergePatch(below, value), {});
  const document = overlaidDocument([strongest, ...weaker], merged);

  const parsed = parseSource(settingsSource, document);
  if (parsed.value === undefined) return { settings: DEFAULT_SETTINGS, problems: parsed.problems };
  return {
    settings: withDefaults(parsed.value),
    problems: checkLimitOrder(document, parsed.value),
  };
}

function withDefaults({ $schema: _schema, ...source }: SettingsSource): Settings {
  const maxLimit = source.maxLimit ?? DEFAULT_MAX_LIMIT;
  return {
    ...source,
    baseUrl: source.baseUrl?.replace(/\/+$/, ""),
    maxLimit,
    defaultLimit: source.defaultLimit ?? Math.min(DEFAULT_LIMIT, maxLimit),
  };
}

function checkLimitOrder(document: SourceDocument, source: SettingsSource): Problem[] {
  const { defaultLimit, maxLimit = DEFAULT_MAX_LIMIT } = source;
  if (defaultLimit === undefined || defaultLimit <= maxLimit) return [];
  const message = `"defaultLimit" of the settings is ${defaultLimit}, above their "maxLimit" of ${maxLimit}.`;
  return [problemAt(document, ["defaultLimit"], { code: "limit-order", message })];
}
