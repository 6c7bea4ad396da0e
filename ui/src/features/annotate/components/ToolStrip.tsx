/** The tools, with their keys. */
import { Eye, EyeOff, Hand, MousePointer2, Square } from "lucide-react";
import type { ReactNode } from "react";
import { toggleRejected } from "../../../editor/acts/traverse";
import type { Editor } from "../../../editor/editor";
import type { ToolName } from "../../../editor/tools/tool";
import { useChord } from "../../../shared/keys/KeymapProvider";
import { useEditorPart } from "./hooks";

function Tool(props: {
  readonly label: string;
  readonly action: string;
  readonly testId: string;
  readonly pressed: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}) {
  const { label, action, testId, pressed, onClick, children } = props;
  const chord = useChord(action);
  return (
    <button type="button" className="an-tool" aria-label={label} aria-pressed={pressed} data-tip={label} data-tip-key={chord} data-testid={testId} onClick={onClick}>
      {children}
      <i aria-hidden="true">{chord}</i>
    </button>
  );
}

const TOOLS: readonly { readonly name: ToolName; readonly label: string; readonly action: string; readonly icon: ReactNode }[] = [
  { name: "select", label: "Select", action: "annotate.toolSelect", icon: <MousePointer2 size={16} /> },
  { name: "hand", label: "Pan", action: "annotate.toolHand", icon: <Hand size={16} /> },
  { name: "box", label: "Box", action: "annotate.toolBox", icon: <Square size={16} /> },
];

export function ToolStrip({ editor }: { readonly editor: Editor }) {
  const tool = useEditorPart(editor, (snapshot) => snapshot.tool);
  const showRejected = useEditorPart(editor, ({ marks }) => marks.showRejected);
  return (
    <div className="an-tools" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {TOOLS.map(({ name, label, action, icon }) => (
        <Tool key={name} label={label} action={action} testId={`tool-${name}`} pressed={tool === name} onClick={() => editor.setTool(name)}>
          {icon}
        </Tool>
      ))}
      <span className="an-tools-sep" />
      <Tool
        label={showRejected ? "Hide rejected objects" : "Show rejected objects"}
        action="annotate.rejected"
        testId="toggle-rejected"
        pressed={showRejected}
        onClick={() => toggleRejected(editor)}
      >
        {showRejected ? <Eye size={16} /> : <EyeOff size={16} />}
      </Tool>
    </div>
  );
}
