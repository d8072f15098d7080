import type { Platform } from "./platform.js";
/** A session's secret: 130 secure random bits as 26 characters. Undefined where there is no secure source. */
export declare function newKey({ secret }: Platform): string | undefined;
