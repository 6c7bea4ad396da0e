/** The manifest of the capture: its files, and which models ran on them. */
import { CloudDownload, FileBox, HardDrive } from "lucide-react";
import type { CaptureDetail } from "../../../backend/backend";
import { formatBytes, formatClock, formatCounted } from "../../../shared/format";
import { Section } from "./Section";

const OUTCOMES = { done: "", empty: "saw nothing", failed: "failed" } as const;

/** The section. */
export function FilesSection({ capture }: { readonly capture: CaptureDetail }) {
  const { assets, modelRuns } = capture;
  return (
    <Section title="Manifest" icon={<FileBox size={12} />} aside={formatCounted(assets.length, "file")}>
      <ul className="files selectable">
        {assets.map((asset) => (
          <li key={asset.name}>
            <span className="ell" data-tip={asset.name.length > 24 ? asset.name : undefined}>
              {asset.name}
            </span>
            <span className="t3 ell">
              {[asset.stream, asset.durationMicros === null ? undefined : formatClock(asset.durationMicros / 1e6), formatBytes(asset.bytes)].filter(Boolean).join(", ")}
            </span>
            <span className="t3" data-tip={asset.local ? "On this computer" : "Fetched when it is opened"}>
              {asset.local ? <HardDrive size={12} aria-label="on this computer" /> : <CloudDownload size={12} aria-label="not on this computer" />}
            </span>
          </li>
        ))}
        {modelRuns.map((run) => (
          <li key={`${run.model} ${run.version}`}>
            <span className="ell">
              {run.model} {run.version}
            </span>
            <span className={run.outcome === "failed" ? "danger" : "t3"}>{run.outcome === "done" ? formatCounted(run.proposals, "proposal") : OUTCOMES[run.outcome]}</span>
            <span />
          </li>
        ))}
      </ul>
    </Section>
  );
}
