/** The settings feature: what app/ may use of it. */
export { SettingsView } from "./SettingsView";
