/** Path of an environment in the operator API. */
export const environmentPath = (environment: string): string =>
  `/api/gitops/environments/${encodeURIComponent(environment)}`;

/** Path of a deployment in the operator API. */
export const deploymentPath = (id: string): string =>
  `/api/gitops/deployments/${encodeURIComponent(id)}`;
