/** The box tool: drag from corner to corner. The handles of the selected shape stay within reach. */

import { Tool, type ToolHost } from "../tool";
import { BoxIdle } from "./idle";

export function boxTool(host: ToolHost): Tool {
  return new Tool("box", (tool) => new BoxIdle(host, tool));
}
