/** How many features a page of a collection holds. */
export interface PageLimits {
  /** Without the parameter `limit`. */
  default: number;
  max: number;
}
