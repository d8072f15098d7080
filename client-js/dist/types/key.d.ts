import type { Platform } from "./platform.js";
/** A session's secret: 132 secure random bits as 22 characters of base64url. Undefined where there is no secure source. */
export declare function newKey(platform: Platform): string | undefined;
