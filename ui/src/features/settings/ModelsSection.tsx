/** The models that Muster knows, with their licences. */
import { Check, CircleAlert } from "lucide-react";
import { noticeOf } from "../../backend/errors";
import { useModels } from "../../backend/queries";
import { ErrorPanel } from "../../shared/components/ErrorPanel";
import { formatBytes, formatCounted } from "../../shared/format";

const ROLES: Readonly<Record<string, string>> = { detector: "finds objects", "ocr-det": "finds text", "ocr-rec": "reads text", embedding: "compares pictures" };
const SOURCES: Readonly<Record<string, string>> = { file: "with Muster", pypi: "from PyPI", npm: "from npm", url: "by download" };

function isCopyleft(licence: string): boolean {
  return /GPL/i.test(licence);
}

/** A table. */
export function ModelsSection() {
  const { data: models = [], error } = useModels();
  return (
    <section>
      <h2>Models</h2>
      {error === null ? null : <ErrorPanel notice={noticeOf(error)} />}
      <div className="card table-card">
        <table>
          <thead>
            <tr>
              <th>Model</th>
              <th>For</th>
              <th>Licence of code, weights</th>
              <th className="right">Size</th>
              <th>Installed</th>
            </tr>
          </thead>
          <tbody>
            {models.map((model) => (
              <tr key={model.id} data-testid="model-row">
                <td>
                  {model.name} <span className="t3">{model.version}</span>
                </td>
                <td className="t2">
                  {ROLES[model.role] ?? model.role}
                  {model.classes > 0 ? <span className="t3">, {formatCounted(model.classes, "class", "classes")}</span> : null}
                </td>
                <td>
                  {model.licenceCode}, <span className={isCopyleft(model.licenceWeights) ? "warn" : ""}>{model.licenceWeights}</span>
                </td>
                <td className="right">{formatBytes(model.bytes)}</td>
                <td>
                  {model.installed ? (
                    <span className="row ok" data-tip={SOURCES[model.source] ?? model.source}>
                      <Check size={12} aria-hidden="true" />
                      <span className="model-source ell">{SOURCES[model.source] ?? model.source}</span>
                    </span>
                  ) : (
                    <span className="row warn selectable" data-tip={model.remedy ?? undefined}>
                      <CircleAlert size={12} aria-hidden="true" />
                      <span className="model-remedy ell">{model.remedy ?? "no"}</span>
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
