/** The first start: what app/ may use of it. */
export { startKeys, StartCards } from "./StartCards";
export { StartView, type Beginning } from "./StartView";
