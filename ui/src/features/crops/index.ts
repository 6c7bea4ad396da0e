/** Annotations as crops. */
export { CropsBar } from "./CropsBar";
export { CropsView, type CropsViewProps } from "./CropsView";
export { cropKeys } from "./keys";
