/** Hears the keyboard once for the whole window and hands each key press to the view that wants it. */
import { createContext, useContext, useEffect, useMemo, useRef, type ReactNode } from "react";
import { chordsOf, isModifierOnly } from "./chord";
import { applyOverrides, type KeyAction, type KeyOverrides, type KeyScope } from "./keymap";

/**
 * What runs on a key, or from the command palette (then without an event). Returning `false` lets the press go on
 * to the next listener and the browser.
 */
export type KeyHandler = (event?: KeyboardEvent) => boolean | void;

/** An action that the views on screen can run now. */
export interface RunnableAction {
  readonly action: KeyAction;
  readonly run: () => void;
}

interface Registration {
  readonly scope: KeyScope;
  readonly handlers: Readonly<Record<string, KeyHandler>>;
  readonly modalDepth: number;
}

interface Keymap {
  readonly actions: readonly KeyAction[];
  readonly register: (registration: { current: Registration }) => () => void;
  readonly pushModal: () => () => void;
  readonly modalDepth: () => number;
  readonly runnable: () => RunnableAction[];
}

const KeymapContext = createContext<Keymap | null>(null);

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "range", "button"].includes(target.type);
}

function pressesControl(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  const isControl = target.closest("button, a[href], [role=button], [role=option], summary, input") !== null;
  return isControl && (event.key === "Enter" || event.key === " ");
}

/** Provides the keymap. `actions` is the catalogue of every view; `overrides` are the person's changes. */
export function KeymapProvider(props: {
  readonly actions: readonly KeyAction[];
  readonly overrides: KeyOverrides;
  readonly children: ReactNode;
}) {
  const { actions: catalogue, overrides, children } = props;
  const actions = useMemo(() => applyOverrides(catalogue, overrides), [catalogue, overrides]);
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  }, [actions]);
  const registrations = useRef<{ current: Registration }[]>([]);
  const depth = useRef(0);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || isModifierOnly(event)) return;
      if (isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) return;
      if (pressesControl(event)) return;
      const chords = chordsOf(event);
      const wanted = latest.current.filter((action) => action.chords.some((chord) => chords.includes(chord)));
      if (wanted.length === 0) return;
      for (const registration of [...registrations.current].reverse()) {
        if (registration.current.modalDepth < depth.current) continue;
        for (const action of wanted) {
          if (action.scope !== registration.current.scope) continue;
          const handler = registration.current.handlers[action.id];
          if (handler === undefined || handler(event) === false) continue;
          event.preventDefault();
          return;
        }
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);

  const keymap = useMemo<Keymap>(
    () => ({
      actions,
      register: (registration) => {
        registrations.current.push(registration);
        return () => {
          registrations.current = registrations.current.filter((other) => other !== registration);
        };
      },
      pushModal: () => {
        depth.current += 1;
        return () => {
          depth.current -= 1;
        };
      },
      modalDepth: () => depth.current,
      runnable: () =>
        actions.flatMap((action) => {
          if (action.isMovement === true) return [];
          const owner = registrations.current.findLast(({ current }) => current.scope === action.scope && current.handlers[action.id] !== undefined);
          const handler = owner?.current.handlers[action.id];
          return handler === undefined ? [] : [{ action, run: () => void handler() }];
        }),
    }),
    [actions],
  );
  return <KeymapContext value={keymap}>{children}</KeymapContext>;
}

function useKeymap(): Keymap {
  const keymap = useContext(KeymapContext);
  if (keymap === null) throw new Error("KeymapProvider is missing above this component");
  return keymap;
}

/** Lists what the views on screen can run, for the command palette. */
export function useRunnableActions(): () => RunnableAction[] {
  return useKeymap().runnable;
}

/** Every action with its present keys, for the key sheet, the palette and the settings. */
export function useKeyActions(): readonly KeyAction[] {
  return useKeymap().actions;
}

/** The chord to show for an action, or undefined when it has none. */
export function useChord(actionId: string | undefined): string | undefined {
  const keymap = useContext(KeymapContext);
  if (actionId === undefined || keymap === null) return undefined;
  return keymap.actions.find((action) => action.id === actionId)?.chords[0];
}

/** Hears the keys of one scope while the component is mounted: action id to handler. */
export function useKeys(scope: KeyScope, handlers: Readonly<Record<string, KeyHandler>>): void {
  const { register, modalDepth } = useKeymap();
  const registration = useRef<Registration>({ scope, handlers, modalDepth: 0 });
  useEffect(() => {
    registration.current = { ...registration.current, scope, handlers };
  }, [scope, handlers]);
  useEffect(() => {
    registration.current = { ...registration.current, modalDepth: modalDepth() };
    return register(registration);
  }, [register, modalDepth]);
}

/** While mounted, keys of the views below are silent: for dialogs. */
export function useModalKeys(): void {
  const keymap = useContext(KeymapContext);
  const pushModal = keymap?.pushModal;
  useEffect(() => pushModal?.(), [pushModal]);
}
