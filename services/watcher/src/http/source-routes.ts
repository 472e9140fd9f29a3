import type { sourceStatuses } from "@honua/contracts";
import type { createHttpService } from "@honua/service-kit";
import type { z } from "zod";
import type { StatusOfSource } from "../watch/source-status.ts";

type Routes = NonNullable<Parameters<typeof createHttpService>[0]["routes"]>;

/** `GET /health/sources`: how watching goes for each source, and why where it does not go well. */
export function sourceRoutes(statuses: () => readonly StatusOfSource[]): Routes {
  return (app) => {
    app.get("/health/sources", (_request, response) => {
      const body: z.input<typeof sourceStatuses> = {
        sources: statuses().map((status) => status.current()),
      };
      response.json(body);
    });
  };
}
