/** The project feature: what app/ may use of it. */
export { FirstClass } from "./FirstClass";
export { ProjectView } from "./ProjectView";
