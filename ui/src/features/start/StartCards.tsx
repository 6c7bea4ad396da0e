/** Three ways to captures: a folder, a service, the demo. Keys 1, 2 and 3. */
import { FolderOpen, Images, Server } from "lucide-react";
import { Kbd } from "../../shared/components/Kbd";
import { useKeys } from "../../shared/keys/KeymapProvider";
import type { KeyAction } from "../../shared/keys/keymap";
import "./start.css";

/** The keys of the cards. */
export const startKeys: readonly KeyAction[] = [
  { id: "start.folder", title: "Open a folder", scope: "start", chords: ["1"] },
  { id: "start.connect", title: "Connect a service", scope: "start", chords: ["2"] },
  { id: "start.demo", title: "Open the demo", scope: "start", chords: ["3"] },
];

/** The cards. While `busy` nothing can be chosen. */
export function StartCards(props: {
  readonly onFolder: () => void;
  readonly onConnect: () => void;
  /** Undefined when the demo captures are not at hand. */
  readonly onDemo: (() => void) | undefined;
  readonly busy: boolean;
}) {
  const { onFolder, onConnect, onDemo, busy } = props;
  useKeys("start", busy ? {} : { "start.folder": onFolder, "start.connect": onConnect, ...(onDemo === undefined ? {} : { "start.demo": onDemo }) });
  return (
    <div className="start-cards">
      <button type="button" className="start-card" data-testid="start-folder" disabled={busy} onClick={onFolder}>
        <FolderOpen size={20} aria-hidden="true" />
        <b>Open a folder</b>
        <span>Images, video, or a COCO annotation file with its images. They stay where they are.</span>
        <Kbd chord="1" />
      </button>
      <button type="button" className="start-card" data-testid="start-connect" disabled={busy} onClick={onConnect}>
        <Server size={20} aria-hidden="true" />
        <b>Connect a service</b>
        <span>Sync the captures that your devices have sent, and follow new ones.</span>
        <Kbd chord="2" />
      </button>
      <button type="button" className="start-card" data-testid="start-demo" disabled={busy || onDemo === undefined} onClick={onDemo}>
        <Images size={20} aria-hidden="true" />
        <b>Open the demo</b>
        <span>{onDemo === undefined ? "The demo captures are not installed: run make demo in the source tree." : "A small library of street, store and lab captures to try things on."}</span>
        <Kbd chord="3" />
      </button>
    </div>
  );
}
