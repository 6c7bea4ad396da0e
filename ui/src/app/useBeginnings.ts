/** Ways to captures, and to another library. */
import { useQueryClient } from "@tanstack/react-query";
import type { StartState } from "../backend/backend";
import { useBackend } from "../backend/context";
import { hasCode, messageOf } from "../backend/errors";
import { cacheKeys, rememberJob } from "../backend/queries";
import { resetLibrary } from "../features/library";
import { toast } from "../shared/components/toasts";
import { arrange } from "./windowState";

/** Each reports its own failure. */
export function useBeginnings() {
  const backend = useBackend();
  const client = useQueryClient();
  const refuse = (reason: unknown) => toast(messageOf(reason), { kind: "bad" });

  const enter = (state: StartState) => {
    resetLibrary(state.restore.lastQuery, state.restore.density);
    arrange(state.restore);
    client.setQueryData(cacheKeys.start, state);
    // What was read belongs to the library before.
    void client.resetQueries({ predicate: (query) => query.queryKey[0] !== cacheKeys.start[0] });
    // Jobs that began with the library may have brought captures before this state was put down.
    void client.invalidateQueries({ queryKey: cacheKeys.start });
  };
  const importFolder = (path: string) =>
    backend.startImport({ path, format: "auto", media: "reference", createClasses: true, onExisting: "merge", skipDuplicates: false }).then((job) => rememberJob(client, job), refuse);
  const openFolder = () => void backend.pickFolder("Choose a folder of captures").then((path) => (path === null ? undefined : importFolder(path)), refuse);
  const openDemo = () => void backend.openDemo().then(enter, refuse);
  const openAt = (path: string, create: boolean) =>
    void backend.openLibrary(path, create).then(enter, (reason: unknown) => {
      if (!hasCode(reason, "not_a_library")) return refuse(reason);
      toast(`${path} holds no library`, { kind: "bad", action: { title: "Make one there", run: () => openAt(path, true) } });
    });
  const openLibrary = () => void backend.pickFolder("Choose the folder of a library").then((path) => path !== null && openAt(path, false), refuse);
  return { enter, importFolder, openFolder, openDemo, openLibrary };
}
