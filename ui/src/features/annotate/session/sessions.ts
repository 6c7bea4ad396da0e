/** Keeps the session while the person looks at other views. */
import type { Backend } from "../../../backend/backend";
import { Session } from "./session";

const sessions = new WeakMap<Backend, Session>();

/** The one session of a window. */
export function sessionOf(backend: Backend): Session {
  const known = sessions.get(backend);
  if (known) return known;
  const session = new Session(backend);
  sessions.set(backend, session);
  return session;
}
