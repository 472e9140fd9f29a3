/** Where the operator API has an environment. */
export const environmentPath = (environment: string): string =>
  `/api/gitops/environments/${encodeURIComponent(environment)}`;

/** Where it has a deployment. */
export const deploymentPath = (id: string): string =>
  `/api/gitops/deployments/${encodeURIComponent(id)}`;
