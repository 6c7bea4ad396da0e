/** Keeps the workbench while the person looks at other views. */
import type { Backend } from "../../../backend/backend";
import { Workbench } from "./workbench";

const workbenches = new WeakMap<Backend, Workbench>();

/** The one workbench of a window. */
export function workbenchOf(backend: Backend): Workbench {
  const known = workbenches.get(backend);
  if (known) return known;
  const workbench = new Workbench(backend);
  workbenches.set(backend, workbench);
  return workbench;
}
