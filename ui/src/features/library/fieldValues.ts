/** Values of user fields as people type them. */
import type { UserFieldType, UserFieldValue } from "../../backend/backend";

/** The types in words. */
export const FIELD_TYPES: readonly { readonly value: UserFieldType; readonly title: string }[] = [
  { value: "text", title: "Text" },
  { value: "number", title: "Number" },
  { value: "boolean", title: "Yes or no" },
  { value: "date", title: "Date" },
];

const YES = ["true", "yes", "1"];
const NO = ["false", "no", "0"];

/** What a value of a type looks like. */
export function valueHint(type: UserFieldType): string {
  switch (type) {
    case "number":
      return "a number";
    case "boolean":
      return "yes or no";
    case "date":
      return "a date such as 2026-11-20";
    case "text":
      return "any text";
  }
}

/** Reads a value; undefined when the text is none of that type. */
export function parseFieldValue(type: UserFieldType, text: string): UserFieldValue | undefined {
  const trimmed = text.trim();
  switch (type) {
    case "number":
      return trimmed === "" || !Number.isFinite(Number(trimmed)) ? undefined : Number(trimmed);
    case "boolean":
      return YES.includes(trimmed.toLowerCase()) ? true : NO.includes(trimmed.toLowerCase()) ? false : undefined;
    case "date":
      return /^\d{4}-\d\d-\d\d$/.test(trimmed) && !Number.isNaN(Date.parse(trimmed)) ? trimmed : undefined;
    case "text":
      return trimmed === "" ? undefined : trimmed;
  }
}
