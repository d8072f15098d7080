/** The client for `<script src="hawser.js">`: `window.hawser`, with every transport and JSON. */

import * as hawser from "./all.js"

Object.assign(globalThis, { hawser })
