/** The hand tool: drag the picture. Space held down, or the middle button, lends it to any other tool. */

import { Tool, type ToolHost } from "../tool";
import { HandIdle } from "./idle";

export function handTool(host: ToolHost): Tool {
  return new Tool("hand", (tool) => new HandIdle(host, tool));
}
