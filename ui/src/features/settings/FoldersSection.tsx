/** The folders and archives that captures were imported from: where they lie, and what became of their files. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { FolderSync, Search } from "lucide-react";
import { useState } from "react";
import type { ImportRootDto, RootReport } from "../../backend/types";
import { useBackend } from "../../backend/context";
import { messageOf } from "../../backend/errors";
import { Button } from "../../shared/components/Button";
import { toast } from "../../shared/components/toasts";
import { formatCount, formatCounted } from "../../shared/format";

const KEY = ["import-roots"];
const FILES_SHOWN = 20;
const STATES = { changed: "changed", missing: "missing", new: "new" } as const;

function Report({ report }: { readonly report: RootReport }) {
  const asItWas = report.changed + report.missing + report.new === 0;
  if (asItWas) return <p className="t3">All {formatCounted(report.unchanged, "file")} are as they were.</p>;
  const shown = report.files.slice(0, FILES_SHOWN);
  const total = report.changed + report.missing + report.new;
  return (
    <div data-testid="folder-report">
      <p>
        {formatCount(report.unchanged)} as they were, {formatCount(report.changed)} changed, {formatCount(report.missing)} missing, {formatCount(report.new)} new
      </p>
      <ul className="aside-list selectable">
        {shown.map((file) => (
          <li key={file.path}>
            {STATES[file.state]}: <span className="mono">{file.path}</span>
          </li>
        ))}
        {total > shown.length ? <li>and {formatCount(total - shown.length)} more</li> : null}
      </ul>
    </div>
  );
}

function FolderRow({ root }: { readonly root: ImportRootDto }) {
  const backend = useBackend();
  const client = useQueryClient();
  const [report, setReport] = useState<RootReport | undefined>(undefined);
  const [isBusy, setIsBusy] = useState(false);
  const run = (asking: Promise<RootReport | null>) => {
    setIsBusy(true);
    asking
      .then(
        (found) => {
          if (found === null) return;
          setReport(found);
          void client.invalidateQueries({ queryKey: KEY });
        },
        (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
      )
      .finally(() => setIsBusy(false));
  };
  const relink = () => run(backend.pickFolder(`Where ${root.name} lies now`).then((path) => (path === null ? null : backend.relink(root.name, path))));
  return (
    <div className="setting-row" data-testid="folder">
      <div className="setting-text">
        <b>{root.name}</b>
        <p>
          <span className="mono">{root.path}</span>, {formatCounted(root.captures, "capture")}
          {root.exists ? null : <span className="warn"> It is not there.</span>}
        </p>
        {report === undefined ? null : <Report report={report} />}
      </div>
      <Button size="small" disabled={isBusy || !root.exists} onClick={() => run(backend.changedFiles(root.name))} tip="Say which files have changed since">
        <Search size={14} />
        Check
      </Button>
      <Button size="small" disabled={isBusy} onClick={relink} tip="It was moved: say where it lies now">
        <FolderSync size={14} />
        Relink
      </Button>
    </div>
  );
}

/** The section; nothing while nothing was imported. */
export function FoldersSection() {
  const backend = useBackend();
  const { data: roots = [] } = useQuery({ queryKey: KEY, queryFn: () => backend.importRoots() });
  if (roots.length === 0) return null;
  return (
    <section>
      <h2>Imported folders</h2>
      <div className="card">
        {roots.map((root) => (
          <FolderRow key={root.name} root={root} />
        ))}
      </div>
    </section>
  );
}
