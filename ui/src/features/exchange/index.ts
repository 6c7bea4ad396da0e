/** Bringing captures in and taking them out: what app/ may use of it. */
export { ConnectDialog } from "./ConnectDialog";
export { ExportDialog } from "./ExportDialog";
export { ImportDialog } from "./ImportDialog";
