/** Version of the product, shown by `honua --version` and by the local stack. */
export const VERSION = "0.1.0";
