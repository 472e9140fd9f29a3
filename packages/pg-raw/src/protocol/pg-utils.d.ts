declare module "pg/lib/utils.js" {
  const utils: {
    /** A value as the text, or the bytes, that a parameter of a statement is sent as. */
    prepareValue(value: unknown): unknown;
  };
  // biome-ignore lint/style/noDefaultExport: it is a CommonJS module
  export default utils;
}
