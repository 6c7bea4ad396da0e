/** Ways of looking at a result besides the grid. The application brings them; the library shows them. */
import type { ReactNode } from "react";
import type { Shown } from "./store";

/** What a tab is given. */
export interface TabPlace {
  readonly shown: Shown;
  /** Opens a capture of the result in Annotate. */
  readonly onOpen: (index: number) => void;
}

/** A tab. Its key belongs to the library's catalogue under `action`. */
export interface LibraryTab {
  readonly id: string;
  readonly title: string;
  readonly icon: ReactNode;
  readonly action: string;
  /** The bar of the selected captures floats over this tab too. */
  readonly showsSelection?: boolean;
  /** What stands in the bar above it. */
  readonly bar?: (place: TabPlace) => ReactNode;
  readonly body: (place: TabPlace) => ReactNode;
}
