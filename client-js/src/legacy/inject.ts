// What the build puts in the place of globals that a legacy browser lacks, wherever the code of the client names them:
// the browser's own where there is one, or else ours.

import { fromBase64, toBase64, zeros } from "./bytes.js"
import { TinyPromise } from "./promise.js"

const promise = window.Promise || TinyPromise
const array = window.Uint8Array || zeros
const decode = window.atob || fromBase64
const encode = window.btoa || toBase64

export { promise as Promise, array as Uint8Array, decode as atob, encode as btoa }
