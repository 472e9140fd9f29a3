import { z } from "zod";
import {
  editorSchema,
  identifier,
  nonEmptyText,
  positiveInteger,
  type RuleAdvice,
  sourceShapes,
} from "./source-shape.ts";

const POSTGRESQL_NAMES = ["postgresql", "postgis", "postgres"];
const unsupportedType: RuleAdvice = {
  code: "unsupported-datasource-type",
  suggestion: 'Use "PostgreSQL".',
};

const datasourceSource = z
  .strictObject({
    id: identifier,
    type: z.string().refine((type) => POSTGRESQL_NAMES.includes(type.toLowerCase()), {
      error: 'must be "PostgreSQL", the only supported type',
      params: unsupportedType,
    }),
    connectionString: nonEmptyText,
    description: z.string().optional(),
    pool: z
      .strictObject({
        max: positiveInteger.optional(),
        idleTimeoutSeconds: positiveInteger.optional(),
      })
      .register(sourceShapes, { noun: "pool", isPart: true })
      .optional(),
    statementTimeoutSeconds: z.number().positive().optional(),
    readOnly: z.boolean().default(true),
  })
  .register(sourceShapes, { noun: "datasource", namedBy: "id" });
export type DatasourceSource = z.infer<typeof datasourceSource>;

/** `environments/<env>/datasources.json`. */
export const datasourcesSource = z
  .strictObject({ $schema: editorSchema, datasources: z.array(datasourceSource) })
  .register(sourceShapes, { noun: "the file" });
