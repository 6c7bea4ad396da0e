/** Short notices at the lower right. They leave after six seconds and wait while the pointer is on them. */
import { create } from "zustand";

/** One thing that a notice offers, such as Undo. */
export interface ToastAction {
  readonly title: string;
  readonly run: () => void;
}

/** A notice. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: "ok" | "bad";
  readonly action: ToastAction | undefined;
}

interface ToastStore {
  readonly toasts: readonly Toast[];
  readonly dismiss: (id: number) => void;
}

let nextId = 1;

/** The notices on screen. */
export const useToasts = create<ToastStore>()((set) => ({
  toasts: [],
  dismiss: (id) => set((state) => ({ toasts: state.toasts.filter((toast) => toast.id !== id) })),
}));

/** Takes away notices that offer something: what they would act on is no longer the latest act. */
export function dropOffers(): void {
  useToasts.setState((state) => ({ toasts: state.toasts.filter((entry) => entry.action === undefined) }));
}

/** Shows a notice; at most four are on screen. */
export function toast(text: string, options: { readonly kind?: "ok" | "bad"; readonly action?: ToastAction } = {}): void {
  const entry: Toast = { id: nextId++, text, kind: options.kind ?? "ok", action: options.action };
  useToasts.setState((state) => ({ toasts: [...state.toasts, entry].slice(-4) }));
}
