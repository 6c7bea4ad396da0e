/** A titled part of the details. */
import type { ReactNode } from "react";

/** The part. */
export function Section(props: { readonly title: string; readonly icon: ReactNode; readonly aside?: ReactNode; readonly children: ReactNode }) {
  return (
    <section className="sec">
      <h2 className="sec-head">
        {props.icon}
        {props.title}
        <span className="aside">{props.aside}</span>
      </h2>
      {props.children}
    </section>
  );
}
