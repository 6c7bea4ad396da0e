/** The select tool: pick, move, resize, and catch several with a marquee. */

import { Tool, type ToolHost } from "../tool";
import { SelectIdle } from "./idle";

export function selectTool(host: ToolHost): Tool {
  return new Tool("select", (tool) => new SelectIdle(host, tool));
}
