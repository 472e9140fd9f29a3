import type { sourceStatuses } from "@honua/contracts";
import type { createHttpService } from "@honua/service-kit";
import type { z } from "zod";
import type { SourceStatusTracker } from "../watch/source-status.ts";

type Routes = NonNullable<Parameters<typeof createHttpService>[0]["routes"]>;

/** `GET /health/sources`: the status of each source, with the reason if it is not Healthy. */
export function sourceRoutes(statuses: () => readonly SourceStatusTracker[]): Routes {
  return (app) => {
    app.get("/health/sources", (_request, response) => {
      const body: z.input<typeof sourceStatuses> = {
        sources: statuses().map((status) => status.current()),
      };
      response.json(body);
    });
  };
}
