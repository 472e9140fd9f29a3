import { type ApiDefinition, renderApiView } from "../html/api-view.ts";
import { renderCollectionView } from "../html/collection-view.ts";
import { renderCollectionsView } from "../html/collections-view.ts";
import { renderConformanceView } from "../html/conformance-view.ts";
import { renderLandingView } from "../html/landing-view.ts";
import { renderSchemaView } from "../html/schema-view.ts";
import { apiUrl } from "../ogc/link.ts";
import { MEDIA, QUERYABLES_REL } from "../ogc/media-types.ts";
import { collectionDocument, collectionsDocument } from "./collection-documents.ts";
import { conformanceDocument } from "./conformance-document.ts";
import type { DocumentParts, DocumentRoutes } from "./document-handler.ts";
import { landingDocument } from "./landing-document.ts";
import { type OgcContext, requestedCollection } from "./ogc-context.ts";
import { openapiDocument } from "./openapi-document.ts";
import { queryablesDocument, schemaDocument } from "./schema-documents.ts";

/** The documents of OGC API – Common and Features. */
export const DOCUMENT_ROUTES: DocumentRoutes = {
  "/": landing,
  "/conformance": conformance,
  "/api": apiDefinition,
  "/collections": collections,
  "/collections/:collectionId": collection,
  "/collections/:collectionId/queryables": queryables,
  "/collections/:collectionId/schema": schema,
};

function landing({ active, base }: OgcContext): DocumentParts {
  const body = landingDocument(active, base);
  return { body, renderView: (site) => renderLandingView(site, body, active) };
}

function conformance({ active }: OgcContext): DocumentParts {
  const body = conformanceDocument(active);
  return { body, renderView: (site) => renderConformanceView(site, body) };
}

function apiDefinition({ active, base }: OgcContext): DocumentParts {
  const body = openapiDocument(active, base);
  return {
    body,
    renderView: (site) => renderApiView(site, body as unknown as ApiDefinition),
    type: MEDIA.openapi,
  };
}

function collections({ active, base }: OgcContext): DocumentParts {
  return {
    body: collectionsDocument(active, base),
    renderView: (site) => renderCollectionsView(site, active),
  };
}

function collection(context: OgcContext): DocumentParts {
  const { active, base } = context;
  const requested = requestedCollection(context);
  const { id } = requested.layer;
  const queryablesUrl = apiUrl(base, "collections", id, "queryables");
  return {
    body: collectionDocument(requested, active.extents.get(id), base),
    renderView: (site) => renderCollectionView(site, requested, active),
    link: `<${queryablesUrl}>; rel="${QUERYABLES_REL}"; type="${MEDIA.schema}"`,
    collection: requested,
  };
}

function queryables(context: OgcContext): DocumentParts {
  const requested = requestedCollection(context);
  const body = queryablesDocument(requested, context.base);
  return {
    body,
    renderView: (site) => renderSchemaView(site, requested, "queryables", body),
    type: MEDIA.schema,
    collection: requested,
  };
}

function schema(context: OgcContext): DocumentParts {
  const requested = requestedCollection(context);
  const body = schemaDocument(requested, context.base);
  return {
    body,
    renderView: (site) => renderSchemaView(site, requested, "schema", body),
    type: MEDIA.schema,
    collection: requested,
  };
}
