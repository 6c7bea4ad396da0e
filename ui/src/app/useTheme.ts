/** Applies the theme to the page. */
import { useEffect } from "react";
import type { Theme } from "../backend/backend";
import { useMediaQuery } from "../shared/hooks/hooks";

/** `undefined` while the settings are not known: dark. */
export function useTheme(theme: Theme | undefined): "dark" | "light" {
  const systemIsLight = useMediaQuery("(prefers-color-scheme: light)");
  const applied = theme === "light" || (theme === "system" && systemIsLight) ? "light" : "dark";
  useEffect(() => {
    document.documentElement.dataset["theme"] = applied;
  }, [applied]);
  return applied;
}
