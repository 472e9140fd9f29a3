/** Version of the product, as `honua --version` and the local stack show it. */
export const VERSION = "0.1.0";
