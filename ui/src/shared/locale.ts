/**
 * Imported before code of others that asks for numbers in the person's language: without a locale (LANG=C, as on
 * servers and in containers) WebKit calls the language "C", which `Intl` refuses, and the window would stay empty.
 */

function isKnown(language: string): boolean {
  try {
    return Intl.getCanonicalLocales(language).length > 0;
  } catch {
    return false;
  }
}

if (!isKnown(navigator.language)) {
  Object.defineProperty(navigator, "language", { configurable: true, get: () => "en-US" });
}

export {};
