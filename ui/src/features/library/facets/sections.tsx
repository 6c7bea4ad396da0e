/** A section of the panel that remembers whether it is open. */
import type { ReactNode } from "react";
import { FoldSection } from "../../../shared/components/small";
import { turnSection, useLibrary } from "../store";

/** Whether a section is open. `begins`: as it is until a person turns it. */
export function useSection(name: string, begins: boolean): boolean {
  return useLibrary((state) => state.turnedSections.has(name)) !== begins;
}

/** The section. */
export function PanelSection(props: { readonly name: string; readonly title: string; readonly begins: boolean; readonly aside?: ReactNode; readonly icon?: ReactNode; readonly children: ReactNode }) {
  const { name, title, begins, aside, icon, children } = props;
  const isOpen = useSection(name, begins);
  return (
    <FoldSection title={title} aside={aside} icon={icon} open={isOpen} onToggle={() => turnSection(name)}>
      {children}
    </FoldSection>
  );
}
