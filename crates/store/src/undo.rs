//! Which act a person takes back or repeats next.
