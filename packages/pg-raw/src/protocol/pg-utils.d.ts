declare module "pg/lib/utils.js" {
  const utils: {
    /** Converts a value to the text or the bytes of a statement's parameter. */
    prepareValue(value: unknown): unknown;
  };
  // biome-ignore lint/style/noDefaultExport: it is a CommonJS module
  export default utils;
}
