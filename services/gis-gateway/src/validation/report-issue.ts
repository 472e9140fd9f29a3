/**
 * Reports a problem or a warning about one part of a layer.
 *
 * @param place JSON pointer inside the layer, such as `/geometryColumn`
 */
export type ReportIssue = (
  code: string,
  place: string,
  message: string,
  suggestion?: string | undefined,
) => void;
