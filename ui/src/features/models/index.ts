/** The models feature: what app/ may use of it. */
export { PrelabelDialog } from "./PrelabelDialog";
